/** From a request to a job that nothing can lose: moderate, count, insert, follow. */
import pLimit from 'p-limit';
import type { JobTracker } from './job-tracker.ts';
import { moderate } from './moderation.ts';
import type { Clock, JobRecord, JobStore, User, UserKey } from './ports.ts';
import { checkQuota, toQuota } from './quota.ts';
import type { ServicePolicy } from './service-policy.ts';
import type { Quota, SpacePolicy } from './settings.ts';
import type { UsageBook } from './usage-book.ts';

/** What a record holds before its life begins. */
export type NewJob = Omit<JobRecord, 'createdAtMs' | 'updatedAtMs' | 'answeredAtMs' | 'state'>;

export type Acceptance =
  | { kind: 'accepted'; record: JobRecord }
  | { kind: 'refused'; message: string };

export interface AcceptorOptions {
  jobStore: JobStore;
  tracker: JobTracker;
  clock: Clock;
  policy: ServicePolicy;
  usage: UsageBook;
}

export class JobAcceptor {
  readonly #options: AcceptorOptions;
  /** One at a time: two messages of one person at once must not both take the last free place. */
  readonly #turn = pLimit(1);

  constructor(options: AcceptorOptions) {
    this.#options = options;
  }

  /** The same id again gives the job that is there already. The space's policy is that of the job's place. */
  async accept(job: NewJob, space: SpacePolicy): Promise<Acceptance> {
    if (job.request.kind === 'generate') {
      const refusal = moderate(job.request, this.#options.policy);
      if (refusal !== undefined) return { kind: 'refused', message: refusal };
    }
    return this.#turn(() => this.#insert(job, space));
  }

  async #insert(job: NewJob, space: SpacePolicy): Promise<Acceptance> {
    const { jobStore, tracker, clock, usage } = this.#options;
    const known = await jobStore.get(job.id);
    if (known !== undefined) return { kind: 'accepted', record: known };
    const refusal = await this.#checkQuota(job, space);
    if (refusal !== undefined) return { kind: 'refused', message: refusal };
    const nowMs = clock.nowMs();
    const record: JobRecord = {
      ...job,
      user: { id: job.user.id, name: job.user.name },
      createdAtMs: nowMs,
      updatedAtMs: nowMs,
      state: { status: 'queued' },
    };
    if (!(await jobStore.insert(record))) {
      const stored = await jobStore.get(job.id);
      return { kind: 'accepted', record: stored ?? record };
    }
    await usage.note(keyOf(job), 1);
    tracker.follow(record);
    return { kind: 'accepted', record };
  }

  async #checkQuota(job: NewJob, space: SpacePolicy): Promise<string | undefined> {
    const { jobStore, clock, usage } = this.#options;
    const openJobs = await jobStore.countOpenByUser(keyOf(job));
    const recent = await usage.read(keyOf(job));
    const quota = this.quotaOf(job.user, space);
    return checkQuota({ ...recent, openJobs, nowMs: clock.nowMs() }, quota);
  }

  quotaOf(user: User, space: SpacePolicy): Quota {
    const { quota, roleQuotas } = this.#options.policy;
    return toQuota(quota, roleQuotas, user, space);
  }
}

const keyOf = ({ place, user }: NewJob): UserKey => ({
  platform: place.platform,
  userId: user.id,
});

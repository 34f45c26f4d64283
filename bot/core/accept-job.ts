/** From a request to a job that nothing can lose: moderate, count, insert, follow. */
import pLimit from 'p-limit';
import type { JobTracker } from './job-tracker.ts';
import { moderate } from './moderation.ts';
import type { Clock, JobRecord, JobStore } from './ports.ts';
import { checkQuota, QUOTA_WINDOW_MS } from './quota.ts';
import type { ServicePolicy } from './service-policy.ts';

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
}

export class JobAcceptor {
  readonly #options: AcceptorOptions;
  readonly #acceptedAtMs = new Map<string, number[]>();
  /** One at a time: two messages of one person at once must not both take the last free place. */
  readonly #turn = pLimit(1);

  constructor(options: AcceptorOptions) {
    this.#options = options;
  }

  /** The same id again gives the job that is there already. */
  async accept(job: NewJob): Promise<Acceptance> {
    if (job.request.kind === 'generate') {
      const refusal = moderate(job.request, this.#options.policy);
      if (refusal !== undefined) return { kind: 'refused', message: refusal };
    }
    return this.#turn(() => this.#insert(job));
  }

  async #insert(job: NewJob): Promise<Acceptance> {
    const { jobStore, tracker, clock } = this.#options;
    const known = await jobStore.get(job.id);
    if (known !== undefined) return { kind: 'accepted', record: known };
    const refusal = await this.#checkQuota(job);
    if (refusal !== undefined) return { kind: 'refused', message: refusal };
    const nowMs = clock.nowMs();
    const record: JobRecord = {
      ...job,
      createdAtMs: nowMs,
      updatedAtMs: nowMs,
      state: { status: 'queued' },
    };
    if (!(await jobStore.insert(record))) {
      const stored = await jobStore.get(job.id);
      return { kind: 'accepted', record: stored ?? record };
    }
    this.#acceptedAtMs.set(keyOf(job), [...this.#recentOf(keyOf(job)), nowMs]);
    tracker.follow(record);
    return { kind: 'accepted', record };
  }

  async #checkQuota(job: NewJob): Promise<string | undefined> {
    const { jobStore, clock, policy } = this.#options;
    const openJobs = await jobStore.countOpenByUser(job.user.id);
    const acceptedAtMs = this.#recentOf(keyOf(job));
    return checkQuota({ openJobs, acceptedAtMs, nowMs: clock.nowMs() }, policy);
  }

  /** Forgets, on the way, everybody who has been quiet for longer than the window. */
  #recentOf(userKey: string): number[] {
    const oldestMs = this.#options.clock.nowMs() - QUOTA_WINDOW_MS;
    for (const [key, times] of this.#acceptedAtMs) {
      if ((times.at(-1) ?? 0) <= oldestMs) this.#acceptedAtMs.delete(key);
    }
    return (this.#acceptedAtMs.get(userKey) ?? []).filter((atMs) => atMs > oldestMs);
  }
}

const keyOf = ({ place, user }: NewJob): string => `${place.platform}:${user.id}`;

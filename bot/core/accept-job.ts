/** From a request to a job that nothing can lose: moderate, count, insert, follow. */
import pLimit from 'p-limit';
import type { JobTracker } from './job-tracker.ts';
import { moderate, type Judgement } from './moderation.ts';
import type { Clock, JobRecord, JobStore, Logger, User, UserKey } from './ports.ts';
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
  logger: Logger;
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
    const judgement = this.#judge(job, space);
    if (judgement.kind === 'refused') {
      this.#options.logger.info({ jobId: job.id, rule: judgement.rule }, 'a prompt was refused');
      return judgement;
    }
    const isSpoiler = judgement.isAdult && !job.place.isAgeRestricted;
    const place = isSpoiler ? { ...job.place, isSpoiler } : job.place;
    return this.#turn(() => this.#insert({ ...job, place }, space));
  }

  #judge({ request, place }: NewJob, space: SpacePolicy): Judgement {
    // An upscale shows nothing that was not judged before.
    if (request.kind === 'upscale') return { kind: 'allowed', isAdult: false };
    const { blockedTerms, nsfwRule } = this.#options.policy;
    const prompt =
      request.kind === 'animate' ? `${request.prompt}\n${request.toPrompt}` : request.prompt;
    return moderate(
      { prompt, negativePrompt: request.negativePrompt },
      {
        blockedTerms,
        spaceTerms: space.blockedWords ?? [],
        nsfwRule: space.nsfwRule ?? nsfwRule,
        isAgeRestricted: place.isAgeRestricted ?? false,
      },
    );
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
    this.#log(record);
    tracker.follow(record, this.quotaOf(job.user, space).runningJobs);
    return { kind: 'accepted', record };
  }

  async #checkQuota(job: NewJob, space: SpacePolicy): Promise<string | undefined> {
    const { jobStore, clock, usage } = this.#options;
    const openJobs = await jobStore.countOpenByUser(keyOf(job));
    const recent = await usage.read(keyOf(job));
    const quota = this.quotaOf(job.user, space);
    return checkQuota({ ...recent, openJobs, nowMs: clock.nowMs() }, quota);
  }

  #log({ id, place, user, request, command }: JobRecord): void {
    const { logger, policy } = this.#options;
    const fields = { jobId: id, platform: place.platform, userId: user.id, kind: request.kind };
    const prompt = policy.logsPrompts ? { command } : {};
    logger.info({ ...fields, ...prompt }, 'a job was accepted');
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

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
  | { kind: 'accepted'; records: JobRecord[] }
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

  /**
   * All jobs of one command, which have one person and one space, or none of them. The same id again gives the job that
   * is there already.
   */
  async accept(jobs: readonly NewJob[], space: SpacePolicy): Promise<Acceptance> {
    const judged: NewJob[] = [];
    for (const job of jobs) {
      const judgement = this.#judge(job, space);
      if (judgement.kind === 'refused') {
        this.#options.logger.info({ jobId: job.id, rule: judgement.rule }, 'a prompt was refused');
        return judgement;
      }
      const isSpoiler = judgement.isAdult && !job.place.isAgeRestricted;
      judged.push({ ...job, place: isSpoiler ? { ...job.place, isSpoiler } : job.place });
    }
    return this.#turn(() => this.#insertAll(judged, space));
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

  async #insertAll(jobs: readonly NewJob[], space: SpacePolicy): Promise<Acceptance> {
    const { jobStore, usage } = this.#options;
    const known = await Promise.all(jobs.map(({ id }) => jobStore.get(id)));
    const fresh = jobs.filter((_, index) => known[index] === undefined);
    const [first] = fresh;
    if (first !== undefined) {
      const message = await this.#checkQuota(first, fresh.length, space);
      if (message !== undefined) return { kind: 'refused', message };
    }
    const records: JobRecord[] = [];
    for (const [index, job] of jobs.entries()) {
      records.push(known[index] ?? (await this.#insert(job, space)));
    }
    if (first !== undefined) await usage.note(keyOf(first), fresh.length);
    return { kind: 'accepted', records };
  }

  async #insert(job: NewJob, space: SpacePolicy): Promise<JobRecord> {
    const { jobStore, tracker, clock } = this.#options;
    const nowMs = clock.nowMs();
    const record: JobRecord = {
      ...job,
      user: { id: job.user.id, name: job.user.name },
      createdAtMs: nowMs,
      updatedAtMs: nowMs,
      state: { status: 'queued' },
    };
    if (!(await jobStore.insert(record))) return (await jobStore.get(job.id)) ?? record;
    this.#log(record);
    tracker.follow(record, this.quotaOf(job.user, space).runningJobs);
    return record;
  }

  async #checkQuota(job: NewJob, jobs: number, space: SpacePolicy): Promise<string | undefined> {
    const { jobStore, clock, usage } = this.#options;
    const openJobs = await jobStore.countOpenByUser(keyOf(job));
    const recent = await usage.read(keyOf(job));
    const quota = this.quotaOf(job.user, space);
    return checkQuota({ ...recent, openJobs, nowMs: clock.nowMs() }, quota, jobs);
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

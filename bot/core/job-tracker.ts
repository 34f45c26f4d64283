/**
 * All jobs that are open now: follows each, saves where it stands, and has its card shown. The store is the truth
 * after a crash; while the bot runs, the newest state is here.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { JobState } from '#contract/job-state.ts';
import type { JobId } from '#contract/job.ts';
import { LIMITS } from '#contract/limits.ts';
import type { Card } from './card.ts';
import { toCanceled } from './end-job.ts';
import { FairTurns } from './fair-turns.ts';
import { followJob } from './follow-job.ts';
import { toErrorId } from './job-id.ts';
import { createLiveJob, type LiveJob } from './live-job.ts';
import type { Notifier } from './notifier.ts';
import type { PlaceBook } from './place-book.ts';
import type {
  Backend,
  Clock,
  ImageStore,
  JobRecord,
  JobStore,
  Logger,
  PlaceChanges,
} from './ports.ts';
import { saveEnd, saveJob } from './save-job.ts';
import type { ServicePolicy } from './service-policy.ts';

const CANCEL_TRIES = 4;

export interface TrackerOptions {
  backend: Backend;
  jobStore: JobStore;
  imageStore: ImageStore;
  clock: Clock;
  logger: Logger;
  policy: ServicePolicy;
  notifier: Notifier;
  places: PlaceBook;
  toCard: (record: JobRecord, trouble?: string) => Card;
  /** Told when a job has succeeded: durations may have changed. */
  onSuccess: () => void;
}

export class JobTracker {
  readonly #options: TrackerOptions;
  readonly #jobs = new Map<JobId, LiveJob>();
  readonly #turns: FairTurns;
  /** What must be done before the bot may leave. */
  readonly #pending = new Set<Promise<void>>();
  readonly #stopping = new AbortController();

  constructor(options: TrackerOptions) {
    this.#options = options;
    this.#turns = new FairTurns(options.policy.followersMax);
  }

  /**
   * Follows the job to its end, together with at most `ofUser` jobs of its person. Does nothing for a job that is
   * followed already, nor for any once the bot stops.
   */
  follow(record: JobRecord, ofUser = this.#options.policy.quota.runningJobs): void {
    if (this.#options.policy.followsJobs) this.#follow(record, ofUser);
  }

  /**
   * Follows the job as far as it has come, has that shown, and lets go of it. `caughtUp` resolves when the backend has
   * no more news of the job for now.
   */
  async visit(record: JobRecord, caughtUp: Promise<void>): Promise<void> {
    const { notifier, places } = this.#options;
    const job = this.#follow(record);
    await Promise.race([caughtUp, job.finished.promise]);
    if (!job.isEnded) await notifier.settle(record.id);
    // It may have ended while its card was on the way.
    if (job.isEnded) return job.finished.promise;
    job.following.abort();
    await job.followed;
    await notifier.release(record.id);
    await this.#saveInTurn(job);
    this.#jobs.delete(record.id);
    places.forget(record.id);
  }

  /** The record as it stands this moment, with what keeps it from moving. */
  current(jobId: JobId): { record: JobRecord; trouble: string | undefined } | undefined {
    const job = this.#jobs.get(jobId);
    return job && { record: this.#options.places.current(job.record), trouble: job.trouble };
  }

  /** All jobs that have not ended, in the order in which they came. */
  open(): JobRecord[] {
    const { places } = this.#options;
    return [...this.#jobs.values()]
      .filter((job) => !job.isEnded)
      .map((job) => places.current(job.record));
  }

  /** Keeps what is new about an open job's place; the newest reply token is the one that lives longest. */
  movePlace(jobId: JobId, changes: PlaceChanges): void {
    const job = this.#jobs.get(jobId);
    if (job !== undefined && this.#options.places.note(job.record, changes))
      this.placeChanged(jobId);
  }

  /** Saves an open job whose place has become known. */
  placeChanged(jobId: JobId): void {
    const job = this.#jobs.get(jobId);
    if (job !== undefined && !job.isEnded) void this.#track(this.#saveInTurn(job));
  }

  /** Ends an open job whose message or channel was deleted: nothing is shown any more. */
  async abandonPlace(record: JobRecord): Promise<void> {
    const job = this.#jobs.get(record.id);
    if (job === undefined || job.isEnded) return;
    job.isUnplaced = true;
    await this.cancel(job.record);
  }

  /** Ends an open job as canceled. */
  async cancel(record: JobRecord): Promise<void> {
    const job = this.#follow(record);
    if (job.isEnded) return;
    void this.#track(this.#abandon(job));
    await this.#end(job, toCanceled(job.record.state));
  }

  /** Stops caring for the job and leaves nothing of it behind, card included. */
  async remove(record: JobRecord): Promise<void> {
    const { imageStore, jobStore, notifier } = this.#options;
    const job = this.#jobs.get(record.id);
    if (job !== undefined) job.isRemoved = true;
    if (job !== undefined && !job.isEnded) {
      job.isEnded = true;
      void this.#track(this.#abandon(job));
    }
    await imageStore.delete(record.id);
    await jobStore.delete(record.id);
    this.#jobs.delete(record.id);
    await notifier.remove(record);
    this.#options.places.forget(record.id);
  }

  /** Delivers the final card of a job that has ended, and notes that it was. */
  answer(record: JobRecord): Promise<void> {
    return this.#track(this.#answer(record).then(() => this.#options.places.forget(record.id)));
  }

  /** Stops following; open jobs are saved as they stand. */
  async stop(): Promise<void> {
    const { stopTimeoutMs } = this.#options.policy;
    this.#stopping.abort();
    for (const job of this.#jobs.values()) job.following.abort();
    await this.#options.notifier.close();
    await Promise.race([this.#settle(), sleep(stopTimeoutMs, undefined, { ref: false })]);
    for (const job of this.#jobs.values()) if (!job.isEnded) await this.#saveInTurn(job);
  }

  #follow(record: JobRecord, ofUser = this.#options.policy.quota.runningJobs): LiveJob {
    const known = this.#jobs.get(record.id);
    if (known !== undefined) return known;
    const job = createLiveJob(record, this.#options.clock.nowMs());
    // A command that was on its way when the bot stopped: the store keeps its job for the next start.
    if (this.#stopping.signal.aborted) return job;
    this.#jobs.set(record.id, job);
    this.#show(job);
    void this.#turns.take(record, ofUser, () => {
      job.followed = this.#track(this.#run(job));
      return job.followed;
    });
    return job;
  }

  async #run(job: LiveJob): Promise<void> {
    const { signal } = job.following;
    if (signal.aborted) return;
    const { id, request, user, place } = job.record;
    const owner = `${place.platform}:${user.id}`.slice(0, LIMITS.ownerCharacters);
    try {
      const state = await followJob({
        ...this.#options,
        job: { id, request, owner },
        signal,
        onState: (next) => this.#update(job, next),
        onTrouble: (text) => this.#setTrouble(job, text),
      });
      // Not waited for: a follower's place is free as soon as its job has ended.
      void this.#end(job, state);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  #show(job: LiveJob): void {
    if (job.isEnded) return;
    const { notifier, toCard } = this.#options;
    notifier.show(job.record, toCard(job.record, job.trouble));
  }

  #setTrouble(job: LiveJob, text: string | undefined): void {
    if (job.trouble === text) return;
    job.trouble = text;
    this.#show(job);
  }

  #update(job: LiveJob, state: JobState): void {
    if (job.isEnded) return;
    const { clock, policy } = this.#options;
    const isNewStatus = job.record.state.status !== state.status;
    job.record = { ...job.record, state, updatedAtMs: clock.nowMs() };
    this.#show(job);
    if (!isNewStatus && clock.nowMs() - job.savedAtMs < policy.saveIntervalMs) return;
    job.savedAtMs = clock.nowMs();
    void this.#track(this.#saveInTurn(job));
  }

  #saveInTurn(job: LiveJob): Promise<void> {
    job.saving = job.saving.then(() => saveJob(job.record, this.#options));
    return job.saving;
  }

  /** Saves the end and has it shown. The first end of a job wins. */
  #end(job: LiveJob, state: JobState): Promise<void> {
    if (job.isEnded) return Promise.resolve();
    const { clock } = this.#options;
    job.isEnded = true;
    job.trouble = undefined;
    job.record = { ...job.record, state, updatedAtMs: clock.nowMs() };
    return this.#track(this.#finish(job)).finally(() => job.finished.resolve());
  }

  async #finish(job: LiveJob): Promise<void> {
    const { logger, imageStore, onSuccess } = this.#options;
    const { record } = job;
    if (record.state.status === 'failed') {
      const { code, message } = record.state.error;
      const fields = { jobId: record.id, errorId: toErrorId(record.id), code, reason: message };
      logger.warn(fields, 'a job failed');
      // What was stored of it helps nobody; where that cannot be removed, its size is counted all the same.
      await imageStore.delete(record.id).catch(() => {});
    }
    await job.saving;
    const isSaved = await saveEnd(record, this.#options, (trial) => this.#pause(trial));
    if (record.state.status === 'succeeded') onSuccess();
    if (job.isUnplaced) await this.#saveAnswered(record);
    else if (!job.isRemoved) await this.#answer(record);
    // An end that could not be saved is kept here, so that its buttons work until the bot is restarted.
    if (!isSaved) return;
    this.#jobs.delete(record.id);
    this.#options.places.forget(record.id);
  }

  async #answer(record: JobRecord): Promise<void> {
    const { notifier, toCard } = this.#options;
    const isShown = await notifier.finish(record, toCard(record));
    if (isShown) await this.#saveAnswered(record);
  }

  #saveAnswered(record: JobRecord): Promise<void> {
    const answeredAtMs = this.#options.clock.nowMs();
    return saveJob({ ...record, answeredAtMs }, this.#options);
  }

  /** Once at once, and again when the follower has let go: it may have been handing over or keeping a picture. */
  async #abandon(job: LiveJob): Promise<void> {
    job.following.abort();
    await this.#cancelAtBackend(job.record.id);
    await job.followed;
    await this.#cancelAtBackend(job.record.id);
    await this.#options.imageStore.delete(job.record.id);
  }

  async #cancelAtBackend(jobId: JobId): Promise<void> {
    const { backend, logger } = this.#options;
    for (let trial = 1; trial <= CANCEL_TRIES; trial += 1) {
      // A stopping bot tries once: at worst the function draws a picture for nobody.
      if (trial > 1 && this.#stopping.signal.aborted) return;
      try {
        await backend.cancel(jobId);
        return;
      } catch (error) {
        logger.warn({ jobId, trial, err: error }, 'a cancel did not reach the image function');
      }
      await this.#pause(trial);
    }
  }

  #track(work: Promise<void>): Promise<void> {
    const settled = work.catch((error: unknown) => {
      this.#options.logger.error({ err: error }, 'a background task of the job tracker failed');
    });
    this.#pending.add(settled);
    void settled.then(() => this.#pending.delete(settled));
    return settled;
  }

  async #settle(): Promise<void> {
    while (this.#pending.size > 0) await Promise.all(this.#pending);
  }

  /** Before the next try; each pause doubles. Ends early when the bot stops. */
  async #pause(trial: number): Promise<void> {
    const durationMs = this.#options.policy.retryPauseMs.first * 2 ** (trial - 1);
    await sleep(durationMs, undefined, { signal: this.#stopping.signal }).catch(() => {});
  }
}

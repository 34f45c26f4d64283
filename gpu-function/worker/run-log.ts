/** Writes one delivery's events to the run table in order, and tells the bot of them. */
import type { JobEventBody } from '#contract/job-event.ts';
import type { JobId } from '#contract/job.ts';
import type { RunTable } from '../cloud/run-table.ts';

/** Room of an item for a preview: DynamoDB takes 400 KB in all. */
const PREVIEW_CHARACTERS_MAX = 300_000;
/** Steps that wait to be written; more are dropped, for the newest says it all. */
const WAITING_MAX = 32;

export interface RunLogOptions {
  table: RunTable;
  jobId: JobId;
  attempt: number;
  leaseMs: number;
  lastSequence: number;
  /** Tells the bot that there is something to read. */
  ping: (sequence: number) => Promise<void>;
  /** Steps closer together than this carry no preview and are not told of. */
  previewIntervalMs: number;
  nowMs: () => number;
  /** The job belongs to somebody else now, or its events cannot be written. */
  onLost(reason: unknown): void;
}

export class RunLog {
  readonly #options: RunLogOptions;
  #sequence: number;
  #writing: Promise<void> = Promise.resolve();
  #waiting = 0;
  #toldAtMs = Number.NEGATIVE_INFINITY;
  #isLost = false;

  constructor(options: RunLogOptions) {
    this.#options = options;
    this.#sequence = options.lastSequence;
  }

  get isLost(): boolean {
    return this.#isLost;
  }

  append(body: JobEventBody): void {
    if (this.#isLost || (body.type === 'step-end' && this.#waiting > WAITING_MAX)) return;
    const { thinned, isTold } = this.#thin(this.#withAttempt(body));
    this.#waiting += 1;
    this.#writing = this.#writing
      .then(() => this.#write(thinned, isTold))
      .catch((error: unknown) => this.lose(error))
      .finally(() => {
        this.#waiting -= 1;
      });
  }

  /** The last event; false when the job is no longer this worker's. Throws when it cannot be written. */
  async end(body: Extract<JobEventBody, { type: 'job-end' }>): Promise<boolean> {
    await this.#writing;
    if (this.#isLost) return false;
    await this.#write(body, true);
    return !this.#isLost;
  }

  /** Waits for what is being written. */
  settle(): Promise<void> {
    return this.#writing;
  }

  async #write(body: JobEventBody, isTold: boolean): Promise<void> {
    const { table, jobId, attempt, leaseMs, ping } = this.#options;
    while (!this.#isLost) {
      if (await table.append(jobId, this.#sequence + 1, body, attempt)) {
        this.#sequence += 1;
        if (isTold) await ping(this.#sequence);
        return;
      }
      // The number is taken. By a late predecessor, then this worker goes on after it; or by a successor.
      const last = await table.last(jobId);
      const isMine = (await table.renew(jobId, attempt, leaseMs)) !== undefined;
      if (!isMine || last?.event.type === 'job-end') return this.lose('the job was taken over');
      this.#sequence = last?.event.sequence ?? this.#sequence;
    }
  }

  /** The job is another worker's: nothing more is written. */
  lose(reason: unknown): void {
    if (this.#isLost) return;
    this.#isLost = true;
    this.#options.onLost(reason);
  }

  /** A second delivery's first try is the job's second attempt. */
  #withAttempt(body: JobEventBody): JobEventBody {
    if (body.type !== 'engine-loading' && body.type !== 'job-start') return body;
    return { ...body, attempt: body.attempt + this.#options.attempt - 1 };
  }

  #thin(body: JobEventBody): { thinned: JobEventBody; isTold: boolean } {
    if (body.type !== 'step-end') return { thinned: body, isTold: true };
    const nowMs = this.#options.nowMs();
    const isDue = nowMs - this.#toldAtMs >= this.#options.previewIntervalMs;
    if (isDue) this.#toldAtMs = nowMs;
    const { preview, ...bare } = body;
    const isSmall = preview !== undefined && preview.base64.length <= PREVIEW_CHARACTERS_MAX;
    return { thinned: isDue && isSmall ? body : bare, isTold: isDue };
  }
}

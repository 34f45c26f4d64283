/** Where the worker's jobs come from: its own HTTP board, or a queue in the cloud. */
import type { JobEventBody, JobOutcome } from '#contract/job-event.ts';
import type { Job, JobId } from '#contract/job.ts';

export interface TakenJob {
  job: Job;
  log: { append(body: JobEventBody): void };
  /** Aborts when the job is to be canceled, or is no longer this worker's. */
  signal: AbortSignal;
  queueMs: number;
}

export interface JobSource {
  /** Waits for the next job; undefined when the signal aborts or the source has no more. */
  take(signal: AbortSignal): Promise<TakenJob | undefined>;
  finish(id: JobId, outcome: JobOutcome, images: readonly Uint8Array[]): void | Promise<void>;
}

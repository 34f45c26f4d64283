/** One job in the hands of this worker: kept hidden from others while it is drawn, and ended or given back. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { JobOutcome } from '#contract/job-event.ts';
import type { JobId } from '#contract/job.ts';
import type { JobBucket } from '../cloud/job-bucket.ts';
import type { Claim, RunTable } from '../cloud/run-table.ts';
import { RunLog } from './run-log.ts';

export interface HoldOptions {
  table: RunTable;
  bucket: Pick<JobBucket, 'putResult'>;
  ping: (jobId: JobId, sequence: number) => Promise<void>;
  visibilityMs: number;
  cancelPollMs: number;
  previewIntervalMs: number;
  nowMs: () => number;
  logger: { error(fields: Record<string, unknown>, message: string): void };
  /** Keeps the message from other workers for so long from now; 0 gives it back. */
  keepHidden: (forMs: number) => Promise<void>;
  deleteMessage: () => Promise<void>;
}

export interface HeldJob {
  attempt: number;
  log: RunLog;
  signal: AbortSignal;
  /** Stores pictures and outcome and takes the message off the queue. Does nothing when the job was taken over. */
  end(outcome: JobOutcome, images: readonly Uint8Array[]): Promise<void>;
  handBack(): Promise<void>;
}

export function holdJob(
  { job, head, lastSequence }: Extract<Claim, { kind: 'claimed' }>,
  options: HoldOptions,
): HeldJob {
  const { table, bucket, visibilityMs, logger } = options;
  const { attempt } = head;
  const ended = new AbortController();
  const canceled = new AbortController();
  if (head.isCancelRequested) canceled.abort();
  const log = new RunLog({
    ...options,
    jobId: job.id,
    attempt,
    leaseMs: visibilityMs,
    lastSequence,
    ping: (sequence) => options.ping(job.id, sequence),
    onLost(reason) {
      logger.error({ jobId: job.id, attempt, err: reason }, 'A job was lost to another worker');
      canceled.abort();
    },
  });
  const watching = Promise.all([
    repeat(visibilityMs / 4, ended.signal, () => keepHold(job.id, attempt, options, log)),
    repeat(options.cancelPollMs, ended.signal, async () => {
      const now = await table.head(job.id);
      if (now?.isCancelRequested === true) canceled.abort();
    }),
  ]);

  const letGo = async (): Promise<void> => {
    ended.abort();
    await watching;
    await log.settle();
  };

  return {
    attempt,
    log,
    signal: canceled.signal,
    async end(outcome, images) {
      // Stored before it is told, so that whoever hears of the end finds the pictures.
      for (const [index, png] of images.entries()) {
        if (!log.isLost) await bucket.putResult({ jobId: job.id, attempt, index }, png);
      }
      if (await log.end({ type: 'job-end', outcome })) await options.deleteMessage();
      await letGo();
    },
    async handBack() {
      await letGo();
      if (log.isLost) return;
      // A lease that ends now, so that the next worker need not wait for it.
      await table.renew(job.id, attempt, 0);
      await options.keepHidden(0);
    },
  };
}

async function keepHold(
  jobId: JobId,
  attempt: number,
  { table, keepHidden, visibilityMs }: HoldOptions,
  log: RunLog,
): Promise<void> {
  if (log.isLost) return;
  await keepHidden(visibilityMs);
  if ((await table.renew(jobId, attempt, visibilityMs)) === undefined)
    log.lose('the lease is another worker’s');
}

/** A try that fails is made up for by the next: the hold lasts for several. */
async function repeat(
  intervalMs: number,
  signal: AbortSignal,
  work: () => Promise<void>,
): Promise<void> {
  while (!signal.aborted) {
    await sleep(intervalMs, undefined, { signal }).catch(() => {});
    if (!signal.aborted) await work().catch(() => {});
  }
}

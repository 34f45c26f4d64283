/**
 * The GPU function behind a queue in the cloud. A job is written to the run table and announced in the queue; what
 * happens to it is read from the table's log. The function may be asleep: then a machine is started for the job.
 */
import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { setTimeout as sleep } from 'node:timers/promises';
import { GenerationError } from '#contract/generation-error.ts';
import type { JobEvent } from '#contract/job-event.ts';
import type { Job, JobId } from '#contract/job.ts';
import type { Fleet, FleetItem } from '../../gpu-function/cloud/fleet-item.ts';
import type { JobBucket } from '../../gpu-function/cloud/job-bucket.ts';
import { formatJobMessage } from '../../gpu-function/cloud/job-message.ts';
import type { RunTable } from '../../gpu-function/cloud/run-table.ts';
import type { Backend } from '../core/ports.ts';

export interface SqsBackendOptions {
  sqs: SQSClient;
  jobsQueueUrl: string;
  table: RunTable;
  bucket: Pick<JobBucket, 'getResult'>;
  fleet: FleetItem;
  /** Has the dispatcher look whether a machine is wanted. What fails is made up for by its next sweep. */
  wake: () => Promise<void>;
  /** Tells the notifier that the job's log has something new. */
  ping: (jobId: JobId, sequence: number) => Promise<void>;
  /** How often an event stream looks into the log. */
  pollMs?: number;
}

const POLL_MS = 1_000;

export function createSqsBackend(options: SqsBackendOptions): Backend {
  const { table, bucket, fleet, ping } = options;
  return {
    submit: (job) => submit(job, options),
    async cancel(jobId) {
      const head = await table.head(jobId);
      const last = await table.last(jobId);
      if (head === undefined || last?.event.type === 'job-end') return;
      await table.requestCancel(jobId);
      // While nobody draws it, its end can be written from here; otherwise the worker sees the wish between two steps.
      if (head.attempt > 0) return;
      const sequence = (last?.event.sequence ?? 0) + 1;
      const end = { type: 'job-end', outcome: { status: 'canceled' } } as const;
      if (await table.append(jobId, sequence, end, head.attempt)) await ping(jobId, sequence);
    },
    events: (jobId, signal) => followEvents(jobId, signal, options),
    async image(jobId, index) {
      const last = await table.last(jobId);
      const { attempt } = last ?? { attempt: 0 };
      const png = await bucket.getResult({ jobId, attempt, index });
      if (png !== undefined) return png;
      throw new GenerationError('job-unknown', `The job ${jobId} has no picture "${index}".`);
    },
    async models() {
      const worker = await fleet.readWorker();
      if (worker !== undefined) return worker.models;
      throw new GenerationError(
        'not-ready',
        'No machine has drawn anything yet, so its models are not known; ask for a picture first.',
        { isRetryable: true },
      );
    },
    wakeDurationsMs: async () => (await fleet.read())?.wakeDurationsMs ?? [],
    async health() {
      const worker = await fleet.readWorker();
      return (
        worker?.health ?? {
          status: 'STARTING',
          contractVersion: 1,
          jobsRunning: 0,
          jobsQueued: 0,
          uptimeMs: 0,
        }
      );
    },
  };
}

async function submit(job: Job, options: SqsBackendOptions): Promise<void> {
  const { sqs, jobsQueueUrl, table, fleet } = options;
  const isNew = await table.create(job);
  const last = isNew ? undefined : await table.last(job.id);
  if (last?.event.type === 'job-end') return;
  if (last === undefined) {
    const seen = await fleet.read();
    const refusal = seen && toRefusal(seen);
    if (refusal !== undefined) {
      const outcome = { status: 'failed', error: refusal.toBody() } as const;
      await table.append(job.id, 1, { type: 'job-end', outcome }, 0);
      return options.ping(job.id, 1);
    }
    if ((seen?.running ?? 0) === 0) {
      // So that the person sees at once that this one takes minutes.
      const loading = { type: 'engine-loading', stage: 'machine', attempt: 1 } as const;
      await table.append(job.id, 1, loading, 0);
    }
  }
  await sqs.send(
    new SendMessageCommand({
      QueueUrl: jobsQueueUrl,
      MessageBody: formatJobMessage(job.id),
      // Fair queues: one person's many jobs do not hold up the others'.
      MessageGroupId: job.owner,
    }),
  );
  await options.ping(job.id, 0);
  await options.wake();
}

/** Why nothing is drawn now, for the person. */
function toRefusal(fleet: Fleet): GenerationError | undefined {
  if (fleet.isPaused) {
    return new GenerationError(
      'not-ready',
      'Drawing is paused by the operator of this bot; press Retry later.',
      { isRetryable: true },
    );
  }
  if (fleet.usedDay !== toDay(Date.now()) || fleet.usedGpuSeconds < fleet.gpuSecondsPerDayMax) {
    return undefined;
  }
  const hours = Math.round((fleet.gpuSecondsPerDayMax / 3_600) * 10) / 10;
  return new GenerationError(
    'not-ready',
    `Today's ${hours} hours of GPU time are used up; press Retry after midnight UTC, or ask the operator to raise gpuHoursPerDay.`,
    { isRetryable: true },
  );
}

/** The day in UTC, as `2026-11-25`. */
const toDay = (nowMs: number): string => new Date(nowMs).toISOString().slice(0, 10);

async function* followEvents(
  jobId: JobId,
  signal: AbortSignal,
  { table, pollMs = POLL_MS }: SqsBackendOptions,
): AsyncGenerator<JobEvent, void, undefined> {
  if (signal.aborted) return;
  if ((await table.head(jobId)) === undefined) {
    throw new GenerationError(
      'job-unknown',
      `The job ${jobId} is not in the table of runs; send it again.`,
      { isRetryable: true },
    );
  }
  let sequence = 0;
  while (!signal.aborted) {
    for (const { event } of await table.eventsAfter(jobId, sequence)) {
      sequence = event.sequence;
      yield event;
      if (event.type === 'job-end' || signal.aborted) return;
    }
    await sleep(pollMs, undefined, { signal }).catch(() => {});
  }
}

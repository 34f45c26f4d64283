/**
 * Jobs from an SQS queue, one at a time. The queue says that there is a job; the run table says what it is, who has it
 * and whether it was canceled. Every message may come twice, and any worker may vanish: the visibility and the lease
 * then run out and another takes the job over, with the same seed and therefore the same pictures.
 */
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  type Message,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JobOutcome } from '#contract/job-event.ts';
import type { JobId } from '#contract/job.ts';
import type { JobBucket } from '../cloud/job-bucket.ts';
import { parseJobMessage } from '../cloud/job-message.ts';
import type { RunTable } from '../cloud/run-table.ts';
import { holdJob, type HeldJob } from './hold-job.ts';
import type { JobSource, TakenJob } from './job-source.ts';

export interface SqsSourceOptions {
  sqs: SQSClient;
  jobsQueueUrl: string;
  table: RunTable;
  bucket: Pick<JobBucket, 'putResult'>;
  /** Tells the bot that the job's log has something new. */
  ping: (jobId: JobId, sequence: number) => Promise<void>;
  /** Of a message and of the lease; renewed at a quarter of it. */
  visibilityMs: number;
  /** How often the wish to cancel is looked for. */
  cancelPollMs: number;
  previewIntervalMs: number;
  /** After so long without a job the source has no more, unless the machine is to be kept warm. */
  idleExitMs: number;
  /** When the machine may leave at the earliest. */
  keepWarmUntilMs: () => Promise<number>;
  /** Deliveries of one job; a further one ends it with a sentence. */
  attemptsMax: number;
  nowMs: () => number;
  logger: {
    info(fields: Record<string, unknown>, message: string): void;
    error(fields: Record<string, unknown>, message: string): void;
  };
}

export interface SqsSource extends JobSource {
  /** Takes no further job. */
  stopTaking(): void;
  /** Gives the job that is being drawn back to the queue at once. */
  handBack(): Promise<void>;
  /** True when the engine ended a job in a way that a fresh machine may mend: this one should leave. */
  readonly isSick: boolean;
}

const LONG_POLL_S = 20;
/** What the queue is asked again after when it could not be reached. */
const PAUSE_MS = 1_000;

export function createSqsSource(options: SqsSourceOptions): SqsSource {
  return new QueueOfJobs(options);
}

class QueueOfJobs implements SqsSource {
  readonly #options: SqsSourceOptions;
  readonly #stopped = new AbortController();
  #held: HeldJob | undefined;
  #isSick = false;

  constructor(options: SqsSourceOptions) {
    this.#options = options;
  }

  get isSick(): boolean {
    return this.#isSick;
  }

  stopTaking(): void {
    this.#stopped.abort();
  }

  async handBack(): Promise<void> {
    const held = this.#held;
    if (held === undefined) return;
    this.#held = undefined;
    await held.handBack();
  }

  async take(signal: AbortSignal): Promise<TakenJob | undefined> {
    const stop = AbortSignal.any([signal, this.#stopped.signal]);
    const idleSinceMs = this.#options.nowMs();
    while (!stop.aborted) {
      const message = await this.#receive(stop);
      // One that came while the worker was being stopped goes straight back.
      if (message !== undefined && stop.aborted) await this.#putBack(message, 0);
      if (stop.aborted) return undefined;
      const taken = message && (await this.#accept(message));
      if (taken !== undefined) return taken;
      if (message === undefined && (await this.#mayLeave(idleSinceMs))) return undefined;
    }
    return undefined;
  }

  async finish(id: JobId, outcome: JobOutcome, images: readonly Uint8Array[]): Promise<void> {
    const held = this.#held;
    if (held === undefined) return;
    this.#held = undefined;
    if (isEngineTrouble(outcome)) {
      this.#isSick = true;
      this.stopTaking();
      // Once: what kills the engines of two machines is the job, not the machine.
      if (held.attempt === 1 && this.#options.attemptsMax > 1) return held.handBack();
    }
    try {
      await held.end(outcome, images);
    } catch (error) {
      this.#options.logger.error({ jobId: id, err: error }, 'The end of a job could not be stored');
      await held.handBack();
    }
  }

  async #mayLeave(idleSinceMs: number): Promise<boolean> {
    const { nowMs, idleExitMs, keepWarmUntilMs, logger } = this.#options;
    if (nowMs() - idleSinceMs < idleExitMs) return false;
    try {
      return nowMs() >= (await keepWarmUntilMs());
    } catch (error) {
      logger.error({ err: error }, 'Whether to stay warm could not be read');
      return true;
    }
  }

  async #receive(signal: AbortSignal): Promise<Message | undefined> {
    const { sqs, jobsQueueUrl, visibilityMs, idleExitMs, logger } = this.#options;
    try {
      const { Messages } = await sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: jobsQueueUrl,
          MaxNumberOfMessages: 1,
          WaitTimeSeconds: Math.min(LONG_POLL_S, Math.ceil(idleExitMs / 1_000)),
          VisibilityTimeout: Math.ceil(visibilityMs / 1_000),
        }),
        { abortSignal: signal },
      );
      return Messages?.[0];
    } catch (error) {
      if (signal.aborted) return undefined;
      logger.error({ err: error }, 'The queue could not be read');
      await sleep(PAUSE_MS, undefined, { signal }).catch(() => {});
      return undefined;
    }
  }

  /** Undefined when there is nothing to draw for this message. */
  async #accept(message: Message): Promise<TakenJob | undefined> {
    const { table, visibilityMs, logger } = this.#options;
    const jobId = parseJobMessage(message.Body);
    if (jobId === undefined) {
      // Nobody can draw it: after its last delivery the queue moves it aside, where it is told of.
      logger.error({ messageId: message.MessageId }, 'A message is no job');
      return undefined;
    }
    try {
      const claim = await table.claim(jobId, visibilityMs);
      switch (claim.kind) {
        case 'unknown':
          logger.error({ jobId }, 'A job is in the queue, but not in the table');
          return undefined;
        case 'ended':
          await this.#options.ping(jobId, claim.lastSequence);
          await this.#delete(message);
          return undefined;
        case 'held':
          await this.#putBack(message, claim.forMs);
          return undefined;
        case 'claimed':
          return await this.#hold(message, claim);
      }
    } catch (error) {
      logger.error({ jobId, err: error }, 'A job could not be taken');
      await this.#putBack(message, PAUSE_MS).catch(() => {});
      return undefined;
    }
  }

  async #hold(
    message: Message,
    claim: Parameters<typeof holdJob>[0],
  ): Promise<TakenJob | undefined> {
    const held = holdJob(claim, {
      ...this.#options,
      keepHidden: (forMs) => this.#putBack(message, forMs),
      deleteMessage: () => this.#delete(message),
    });
    if (held.attempt > this.#options.attemptsMax) {
      await held.end(toTooOften(held.attempt - 1), []);
      return undefined;
    }
    this.#held = held;
    const { nowMs } = this.#options;
    const queueMs = Math.max(0, nowMs() - claim.head.submittedAtMs);
    return { job: claim.job, log: held.log, signal: held.signal, queueMs };
  }

  async #putBack(message: Message, forMs: number): Promise<void> {
    const { sqs, jobsQueueUrl } = this.#options;
    await sqs.send(
      new ChangeMessageVisibilityCommand({
        QueueUrl: jobsQueueUrl,
        ReceiptHandle: message.ReceiptHandle,
        VisibilityTimeout: Math.ceil(Math.max(0, forMs) / 1_000),
      }),
    );
  }

  async #delete({ ReceiptHandle }: Message): Promise<void> {
    const { sqs, jobsQueueUrl } = this.#options;
    await sqs.send(new DeleteMessageCommand({ QueueUrl: jobsQueueUrl, ReceiptHandle }));
  }
}

/** What another machine may do better. */
function isEngineTrouble(outcome: JobOutcome): boolean {
  if (outcome.status !== 'failed') return false;
  return outcome.error.code === 'engine-crashed' || outcome.error.code === 'not-ready';
}

function toTooOften(deliveries: number): JobOutcome {
  return {
    status: 'failed',
    error: {
      code: 'engine-crashed',
      message: `The machine that drew this picture was lost ${deliveries} times; press Retry to try once more, or ask for less.`,
      isRetryable: true,
    },
  };
}

/** One job from the queue to its end, whatever the engine does meanwhile. */
import { GenerationError, toGenerationError } from '#contract/generation-error.ts';
import type { JobEventBody, JobOutcome } from '#contract/job-event.ts';
import { EngineDiedError, type EngineHost } from './engine-host.ts';
import { fetchImages, type ReadImage } from './fetch-images.ts';
import type { JobSource, TakenJob } from './job-source.ts';

/** A job whose engine died is tried again with the same seed, which gives the same picture. */
const ATTEMPTS_MAX = 3;

export interface RunJobOptions {
  host: EngineHost;
  /** Wall time that all attempts of a job may take together. */
  timeoutMs: number;
  /** Where pictures are that a request names by a key; it has none when left out. */
  readImage?: ReadImage;
  /** Told of every job that was ended here, and how long it kept the machine busy. */
  onEnd?: (outcome: JobOutcome, busyMs: number) => void;
  logger: {
    info(fields: Record<string, unknown>, message: string): void;
    error(fields: Record<string, unknown>, message: string): void;
  };
}

export interface FinishedJob {
  outcome: JobOutcome;
  images: readonly Uint8Array[];
}

/**
 * Runs the source's jobs one after the other until it has no more or the signal aborts. The job that runs then is left
 * unfinished.
 */
export async function runJobs(
  source: JobSource,
  options: RunJobOptions,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    const taken = await source.take(signal);
    if (taken === undefined) return;
    const startedAtMs = performance.now();
    const { outcome, images } = await runJob(taken, options);
    if (signal.aborted) return;
    await source.finish(taken.job.id, outcome, images);
    options.onEnd?.(outcome, performance.now() - startedAtMs);
    options.logger.info({ jobId: taken.job.id, status: outcome.status }, 'Job ended');
  }
}

/** Never throws: what goes wrong is the job's outcome. */
export async function runJob(taken: TakenJob, options: RunJobOptions): Promise<FinishedJob> {
  const timeout = AbortSignal.timeout(options.timeoutMs);
  const signal = AbortSignal.any([taken.signal, timeout]);
  try {
    const finished = await tryRepeatedly(taken, options, signal);
    const isTimeout = timeout.aborted && !taken.signal.aborted;
    return finished.outcome.status === 'canceled' && isTimeout
      ? toFailure(toTimeoutError(options.timeoutMs))
      : finished;
  } catch (error) {
    if (!(error instanceof GenerationError)) {
      options.logger.error({ jobId: taken.job.id, err: error }, 'A job failed unexpectedly');
    }
    return toFailure(toGenerationError(error));
  }
}

async function tryRepeatedly(
  taken: TakenJob,
  { host, logger, readImage }: RunJobOptions,
  signal: AbortSignal,
): Promise<FinishedJob> {
  const { log, queueMs } = taken;
  const job = await fetchImages(taken.job, readImage);
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt += 1) {
    if (host.status().phase !== 'ready') {
      log.append({ type: 'engine-loading', stage: 'engine', attempt });
    }
    const report = (event: JobEventBody) => log.append(withAttempt(event, attempt));
    try {
      const outcome = await host.run({ job, report, signal });
      if (outcome.status === 'canceled') return { outcome: { status: 'canceled' }, images: [] };
      const timings = { ...outcome.result.timings, queueMs };
      const result = { ...outcome.result, timings };
      return { outcome: { status: 'succeeded', result }, images: outcome.images };
    } catch (error) {
      if (!(error instanceof EngineDiedError)) throw error;
      logger.error({ jobId: job.id, attempt, reason: error.message }, 'The engine died in a job');
    }
  }
  throw new GenerationError(
    'engine-crashed',
    `The engine died ${ATTEMPTS_MAX} times over this picture; ask for fewer pictures or a smaller size.`,
    { isRetryable: true },
  );
}

/** The engine does not know how often the job was tried before. */
function withAttempt(event: JobEventBody, attempt: number): JobEventBody {
  return event.type === 'engine-loading' || event.type === 'job-start'
    ? { ...event, attempt }
    : event;
}

function toFailure(error: GenerationError): FinishedJob {
  return { outcome: { status: 'failed', error: error.toBody() }, images: [] };
}

function toTimeoutError(timeoutMs: number): GenerationError {
  return new GenerationError(
    'engine-timeout',
    `The picture was not done after ${Math.round(timeoutMs / 1_000)} seconds; ask for fewer steps or pictures, or raise JOB_TIMEOUT_SECONDS.`,
  );
}

/** Puts the worker together around an engine and a queue in the cloud; ends when there is nothing left to draw. */
import type { EngineHost } from './engine-host.ts';
import { toJobMetrics, type MetricsOptions } from './job-metrics.ts';
import { runJobs } from './run-job.ts';
import type { SqsSource } from './sqs-source.ts';

export interface WorkerOptions {
  engineHost: EngineHost;
  source: SqsSource;
  jobTimeoutMs: number;
  /** Told to stop, the job that is being drawn may take this long; then it goes back to the queue. */
  shutdownGraceMs: number;
  metrics: MetricsOptions;
  logger: {
    info(fields: Record<string, unknown>, message: string): void;
    error(fields: Record<string, unknown>, message: string): void;
  };
}

/** Another machine should be started: this one cannot draw any more. */
const EXIT_CODE_SICK = 1;

/**
 * Resolves with the exit code when the worker should leave: the queue was empty for long, SIGTERM came (Spot gives two
 * minutes), or the engine is beyond repair.
 */
export async function startWorker(options: WorkerOptions): Promise<number> {
  const { engineHost, source, shutdownGraceMs, metrics, logger } = options;
  const closing = new AbortController();
  let graceTimer: NodeJS.Timeout | undefined;
  const stop = () => {
    if (graceTimer !== undefined) return;
    logger.info({ shutdownGraceMs }, 'Told to stop: no further job is taken');
    source.stopTaking();
    graceTimer = setTimeout(() => closing.abort(), shutdownGraceMs);
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  logger.info({ processId: process.pid }, 'Taking jobs');
  const handedBack = whenAborted(closing.signal).then(async () => {
    // First the job, then the engine: a slow end of the engine must not cost the job its second machine.
    await source.handBack();
    await engineHost.close();
  });
  try {
    await runJobs(
      source,
      {
        host: engineHost,
        timeoutMs: options.jobTimeoutMs,
        logger,
        onEnd: (outcome, busyMs) => metrics.write(toJobMetrics(outcome, busyMs, metrics)),
      },
      closing.signal,
    );
  } finally {
    clearTimeout(graceTimer);
    closing.abort();
    await handedBack;
  }
  return source.isSick || engineHost.status().phase === 'defunct' ? EXIT_CODE_SICK : 0;
}

function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

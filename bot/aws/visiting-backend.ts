/** The backend as a visit sees it: what stands in the log now, and word when that was all. */
import type { RunTable } from '../../gpu-function/cloud/run-table.ts';
import type { JobId } from '#contract/job.ts';
import type { Backend } from '../core/ports.ts';

export interface VisitingBackend extends Backend {
  /** Resolves when the next reading of the job's events has come to the end of the log, or found no job. */
  caughtUp(jobId: JobId): Promise<void>;
}

export function createVisitingBackend(inner: Backend, table: RunTable): VisitingBackend {
  const waiting = new Map<JobId, () => void>();
  const tell = (jobId: JobId): void => {
    waiting.get(jobId)?.();
    waiting.delete(jobId);
  };
  return {
    ...inner,
    caughtUp(jobId) {
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.set(jobId, resolve);
      return promise;
    },
    async submit(job) {
      // Handed over before: a visit only looks. What was lost on the way is handed over now.
      if ((await table.head(job.id)) === undefined) await inner.submit(job);
    },
    async *events(jobId, signal) {
      for (const { event } of await table.eventsAfter(jobId, 0)) yield event;
      tell(jobId);
      await untilAborted(signal);
    },
  };
}

function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

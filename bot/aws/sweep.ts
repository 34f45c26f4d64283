/** Takes up jobs whose news were lost, so that every one ends in its pictures or in a sentence. */
import type { JobStore, Logger } from '../core/ports.ts';

export interface SweepOptions {
  jobStore: JobStore;
  /** Has the job visited, in turn with its other news. */
  nudge: (jobId: string) => Promise<void>;
  nowMs: () => number;
  logger: Logger;
}

/** A job that moved within this time has news of its own. */
const QUIET_MS = 3 * 60_000;
/** In one sweep; the oldest first, the others wait for the next one. */
const JOBS_MAX = 500;

/** How many were taken up. */
export async function sweep({ jobStore, nudge, nowMs, logger }: SweepOptions): Promise<number> {
  const open = await jobStore.listOpen();
  const quiet = open.filter(({ updatedAtMs }) => nowMs() - updatedAtMs > QUIET_MS);
  for (const { id } of quiet.slice(0, JOBS_MAX)) await nudge(id);
  if (quiet.length > 0) logger.info({ jobs: quiet.length }, 'quiet jobs are taken up');
  return Math.min(quiet.length, JOBS_MAX);
}

/** When a job should be done, from the pace of its own steps and from how long the latest jobs took. */
import type { JobState } from '#contract/job-state.ts';

export interface Averages {
  /** Median work of the latest jobs in milliseconds, queue left out; none before the first job. */
  jobMs?: number | undefined;
  /** Median time from asking for a machine to its being ready; none where the function is always up. */
  wakeMs?: number | undefined;
}

/** What is ahead of a job that waits, as far as it is known. */
export interface Ahead {
  /** Milliseconds from now until the job that is drawn now should be done. */
  runningLeftMs?: number | undefined;
}

/** Middle value; the mean of the two middle ones for an even number. Undefined for none. */
export function median(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle];
  const lower = sorted[sorted.length % 2 === 0 ? middle - 1 : middle];
  return upper === undefined || lower === undefined ? undefined : (lower + upper) / 2;
}

/**
 * Milliseconds from the state's last change to the end, of a waiting job from now on; undefined when nothing is known
 * to tell from.
 * Only differences of the function's own times are used: its clock need not agree with the bot's.
 */
export function estimateRemainingMs(
  state: JobState,
  averages: Averages,
  { runningLeftMs }: Ahead = {},
): number | undefined {
  const { jobMs, wakeMs } = averages;
  switch (state.status) {
    case 'queued':
      if (jobMs === undefined || runningLeftMs === undefined) return undefined;
      return state.position === undefined ? undefined : runningLeftMs + jobMs * state.position;
    case 'starting':
      if (state.stage !== 'machine') return jobMs;
      return wakeMs === undefined ? undefined : wakeMs + (jobMs ?? 0);
    case 'denoising': {
      if (state.step === 0) return jobMs;
      const stepMs = (state.updatedAtMs - state.startedAtMs) / state.step;
      const drawMs = stepMs * state.steps;
      // What earlier jobs took beyond their steps: decoding and saving. Bounded, since they may have been larger.
      const tailMs = Math.min(Math.max((jobMs ?? drawMs) - drawMs, 0), drawMs);
      return stepMs * (state.steps - state.step) + tailMs;
    }
    case 'decoding':
    case 'succeeded':
    case 'failed':
    case 'canceled':
      return undefined;
  }
}

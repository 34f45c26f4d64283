/** What a job becomes when it ends. */
import { reduceJobState, type JobState } from '#contract/job-state.ts';

/** The state of an open job that is ended from here. */
export function toCanceled(state: JobState): JobState {
  return reduceJobState(state, {
    type: 'job-end',
    jobId: 'canceled',
    sequence: 1,
    atMs: 0,
    outcome: { status: 'canceled' },
  });
}

/** What a job becomes when it ends. */
import { reduceJobState, type JobState } from '#contract/job-state.ts';
import type { JobRecord } from './ports.ts';

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

/** An upscale's picture is kept in the store of pictures: a second copy in every record would be dead weight. */
export function withoutBytes(record: JobRecord): JobRecord {
  const { request } = record;
  if (request.kind !== 'upscale') return record;
  return { ...record, request: { ...request, image: { kind: 'inline', base64: '' } } };
}

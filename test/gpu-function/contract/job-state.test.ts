/** A job's state is the fold of its events: what both sides believe of it at any moment. */
import { describe, expect, test } from 'vitest';
import type { JobEventBody } from '#contract/job-event.ts';
import {
  INITIAL_JOB_STATE,
  isTerminal,
  jobStateSchema,
  reduceJobState,
  type JobState,
} from '#contract/job-state.ts';
import { makeRequest, makeSettings, makeSucceeded } from '../../fakes/job-records.ts';

const preview = {
  mediaType: 'image/png',
  widthPx: 2,
  heightPx: 2,
  columns: 1,
  base64: 'AAAA',
} as const;
const settings = { ...makeSettings(makeRequest()), steps: 4 };

function fold(...bodies: JobEventBody[]): JobState {
  return bodies
    .map((body, index) => ({ ...body, jobId: 'job-1', sequence: index + 1, atMs: index * 10 }))
    .reduce(reduceJobState, INITIAL_JOB_STATE);
}

const start: JobEventBody = { type: 'job-start', attempt: 1, settings, notes: ['a note'] };
const step: JobEventBody = { type: 'step-end', step: 1, steps: 4, preview };
const cancel: JobEventBody = { type: 'job-end', outcome: { status: 'canceled' } };

test('waits, loads, draws with its newest preview, decodes', () => {
  expect(fold({ type: 'job-queued', position: 2 })).toEqual({ status: 'queued', position: 2 });
  expect(fold({ type: 'engine-loading', stage: 'model', attempt: 1 })).toEqual({
    status: 'starting',
    stage: 'model',
    attempt: 1,
  });
  expect(fold(start, step, { type: 'step-end', step: 2, steps: 4 })).toEqual({
    status: 'denoising',
    step: 2,
    steps: 4,
    startedAtMs: 0,
    updatedAtMs: 20,
    settings,
    notes: ['a note'],
    preview,
  });
  expect(fold(start, step, { type: 'decode-start' })).toMatchObject({
    status: 'decoding',
    preview,
  });
});

test('begins anew when the engine died: the second try has no steps yet', () => {
  const again: JobEventBody = { type: 'engine-loading', stage: 'engine', attempt: 2 };
  expect(fold(start, step, again)).toEqual({ status: 'starting', stage: 'engine', attempt: 2 });
  expect(fold(start, step, again, start)).toMatchObject({ status: 'denoising', step: 0 });
});

describe('the end', () => {
  test('of a canceled job keeps what was seen and how it was drawn', () => {
    expect(fold(start, step, cancel)).toEqual({ status: 'canceled', settings, preview });
    expect(fold({ type: 'job-queued', position: 1 }, cancel)).toEqual({ status: 'canceled' });
  });

  test('is the end: whatever comes later changes nothing', () => {
    expect(fold(start, cancel, step, { type: 'job-queued', position: 1 })).toMatchObject({
      status: 'canceled',
    });
    expect(isTerminal(makeSucceeded())).toBe(true);
    expect(isTerminal(fold(start))).toBe(false);
  });
});

test('every state is one that the schema takes, also after it was written as JSON', () => {
  for (const state of [
    fold(start, step),
    fold(start, step, cancel),
    fold(cancel),
    makeSucceeded(),
  ]) {
    expect(jobStateSchema.parse(JSON.parse(JSON.stringify(state)))).toEqual(state);
  }
});

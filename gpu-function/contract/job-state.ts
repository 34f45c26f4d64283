/** Where a job stands: a fold over its events. Both the GPU function and the bot use this one function. */
import * as z from 'zod';
import { errorBodySchema } from './generation-error.ts';
import { resultSchema, settingsSchema } from './generation-result.ts';
import { previewSchema, type JobEvent, type JobOutcome } from './job-event.ts';

const preview = previewSchema.optional();

export const jobStateSchema = z.discriminatedUnion('status', [
  z.strictObject({ status: z.literal('queued'), position: z.int().min(1).optional() }),
  z.strictObject({
    status: z.literal('starting'),
    stage: z.enum(['machine', 'engine', 'model']),
    attempt: z.int().min(1),
  }),
  z.strictObject({
    status: z.literal('denoising'),
    step: z.int().min(0),
    steps: z.int().min(1),
    startedAtMs: z.number(),
    updatedAtMs: z.number(),
    settings: settingsSchema.optional(),
    notes: z.array(z.string()),
    preview,
  }),
  z.strictObject({
    status: z.literal('decoding'),
    settings: settingsSchema.optional(),
    notes: z.array(z.string()),
    preview,
  }),
  z.strictObject({ status: z.literal('succeeded'), result: resultSchema }),
  z.strictObject({ status: z.literal('failed'), error: errorBodySchema }),
  z.strictObject({
    status: z.literal('canceled'),
    settings: settingsSchema.optional(),
    preview,
  }),
]);
export type JobState = z.infer<typeof jobStateSchema>;
export type JobStatus = JobState['status'];

export const INITIAL_JOB_STATE: JobState = { status: 'queued' };

export function isTerminal(state: JobState): boolean {
  return state.status === 'succeeded' || state.status === 'failed' || state.status === 'canceled';
}

/** The state after one more event. A job that has ended stays as it ended. */
export function reduceJobState(state: JobState, event: JobEvent): JobState {
  if (isTerminal(state)) return state;
  switch (event.type) {
    case 'job-queued':
      return { status: 'queued', position: event.position };
    case 'engine-loading':
      return { status: 'starting', stage: event.stage, attempt: event.attempt };
    case 'job-start':
      return {
        status: 'denoising',
        step: 0,
        steps: event.steps ?? event.settings?.steps ?? 1,
        startedAtMs: event.atMs,
        updatedAtMs: event.atMs,
        settings: event.settings,
        notes: event.notes,
      };
    case 'step-end':
      return state.status === 'denoising'
        ? {
            ...state,
            step: event.step,
            steps: event.steps,
            updatedAtMs: event.atMs,
            preview: event.preview ?? state.preview,
          }
        : state;
    case 'decode-start':
      return state.status === 'denoising'
        ? {
            status: 'decoding',
            settings: state.settings,
            notes: state.notes,
            preview: state.preview,
          }
        : state;
    case 'job-end':
      return toFinalState(event.outcome, state);
  }
}

function toFinalState(outcome: JobOutcome, state: JobState): JobState {
  switch (outcome.status) {
    case 'succeeded':
      return { status: 'succeeded', result: outcome.result };
    case 'failed':
      return { status: 'failed', error: outcome.error };
    case 'canceled':
      return state.status === 'denoising' || state.status === 'decoding'
        ? { status: 'canceled', settings: state.settings, preview: state.preview }
        : { status: 'canceled' };
  }
}

/** What happened to a job. Numbered from 1 within one run of the job on one GPU function. */
import * as z from 'zod';
import { errorBodySchema } from './generation-error.ts';
import { resultSchema, settingsSchema } from './generation-result.ts';
import { jobIdSchema } from './job.ts';

/** A small picture of the latents, all pictures of the job side by side in rows of `columns`. */
export const previewSchema = z.strictObject({
  mediaType: z.literal('image/png'),
  /** Pixels of the whole sheet: one latent cell is one pixel, so it is meant to be enlarged smoothly. */
  widthPx: z.int(),
  heightPx: z.int(),
  columns: z.int().min(1),
  base64: z.base64(),
});
export type Preview = z.infer<typeof previewSchema>;

const head = { jobId: jobIdSchema, sequence: z.int().min(1), atMs: z.number() };

export const jobEventSchema = z.discriminatedUnion('type', [
  /** Sent again whenever the place in the queue changes. 1 = next. */
  z.strictObject({ ...head, type: z.literal('job-queued'), position: z.int().min(1) }),
  z.strictObject({
    ...head,
    type: z.literal('engine-loading'),
    /** `machine`: there is none yet, it is being started. */
    stage: z.enum(['machine', 'engine', 'model']),
    /** 1 for the first try; more after the engine process died in the middle. */
    attempt: z.int().min(1),
  }),
  z.strictObject({
    ...head,
    type: z.literal('job-start'),
    attempt: z.int().min(1),
    settings: settingsSchema.optional(),
    /** How many `step-end` will follow, where that is not settings.steps: fewer from a picture, tiles of an upscale. */
    steps: z.int().min(1).optional(),
    notes: z.array(z.string()),
  }),
  z.strictObject({
    ...head,
    type: z.literal('step-end'),
    /** Steps done so far, 1..steps. */
    step: z.int().min(1),
    steps: z.int().min(1),
    preview: previewSchema.optional(),
  }),
  z.strictObject({ ...head, type: z.literal('decode-start') }),
  z.strictObject({
    ...head,
    type: z.literal('job-end'),
    outcome: z.discriminatedUnion('status', [
      z.strictObject({ status: z.literal('succeeded'), result: resultSchema }),
      z.strictObject({ status: z.literal('failed'), error: errorBodySchema }),
      z.strictObject({ status: z.literal('canceled') }),
    ]),
  }),
]);
export type JobEvent = z.infer<typeof jobEventSchema>;
export type JobOutcome = Extract<JobEvent, { type: 'job-end' }>['outcome'];

const [queued, loading, start, step, decode, end] = jobEventSchema.options;
const headKeys = { jobId: true, sequence: true, atMs: true } as const;

/** An event before the job's log gave it its number and time. */
export const jobEventBodySchema = z.discriminatedUnion('type', [
  queued.omit(headKeys),
  loading.omit(headKeys),
  start.omit(headKeys),
  step.omit(headKeys),
  decode.omit(headKeys),
  end.omit(headKeys),
]);
export type JobEventBody = z.infer<typeof jobEventBodySchema>;

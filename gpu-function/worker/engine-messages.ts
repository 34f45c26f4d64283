/** What the worker and its engine process say to each other. Checked by the worker: the engine may be of any make. */
import * as z from 'zod';
import { errorBodySchema } from '#contract/generation-error.ts';
import { resultSchema } from '#contract/generation-result.ts';
import { functionAbilitiesSchema, deviceSchema, warmUpSchema } from '#contract/health.ts';
import { jobEventBodySchema } from '#contract/job-event.ts';
import type { Job } from '#contract/job.ts';
import { modelDescriptionSchema } from '#contract/model-description.ts';

export type MessageToEngine =
  | { type: 'run'; runId: number; job: Job }
  | { type: 'cancel'; runId: number }
  | { type: 'list-models' };

const runId = z.int();

export const messageFromEngineSchema = z.discriminatedUnion('type', [
  /** Sent before the default model is loaded, and as the answer to `list-models`. */
  z.strictObject({ type: z.literal('models'), models: z.array(modelDescriptionSchema) }),
  /** The default model is loaded, or `problem` says why it is not. */
  z.strictObject({
    type: z.literal('ready'),
    executionProvider: z.enum(['cpu', 'cuda']),
    loadedModelId: z.string().optional(),
    problem: z.string().optional(),
    device: deviceSchema.optional(),
    warmUps: z.array(warmUpSchema).optional(),
    abilities: functionAbilitiesSchema.optional(),
  }),
  z.strictObject({ type: z.literal('event'), runId, event: jobEventBodySchema }),
  z.strictObject({
    type: z.literal('outcome'),
    runId,
    loadedModelId: z.string().optional(),
    outcome: z.discriminatedUnion('status', [
      z.strictObject({
        status: z.literal('succeeded'),
        result: resultSchema,
        images: z.array(z.instanceof(Uint8Array)),
      }),
      z.strictObject({ status: z.literal('canceled') }),
      z.strictObject({ status: z.literal('failed'), error: errorBodySchema }),
    ]),
  }),
]);
export type MessageFromEngine = z.infer<typeof messageFromEngineSchema>;
export type ReadyMessage = Extract<MessageFromEngine, { type: 'ready' }>;
export type OutcomeMessage = Extract<MessageFromEngine, { type: 'outcome' }>;

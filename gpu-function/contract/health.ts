/** How the GPU function is, in the words of replicate/cog. Always HTTP 200: the state is in the body. */
import * as z from 'zod';

const upscalerDescriptionSchema = z.strictObject({
  id: z.string(),
  name: z.string(),
  licence: z.string(),
  /** The enlargement that it was trained for; other factors are reached by resampling its result. */
  nativeFactor: z.int(),
  /** Why it cannot be used, in one sentence; none when it can. */
  problem: z.string().optional(),
});
export type UpscalerDescription = z.infer<typeof upscalerDescriptionSchema>;

/** What the function can do whatever the model; models say the rest (`abilities` of /models). */
export const functionAbilitiesSchema = z.strictObject({
  /** Learned upscalers, the best first; empty = an upscale is plain resampling. */
  upscalers: z.array(upscalerDescriptionSchema),
  /** Whether pictures get an `unsafeScore`. */
  ratesPictures: z.boolean(),
});
export type FunctionAbilities = z.infer<typeof functionAbilitiesSchema>;

/** What the arithmetic is done on, where it is no processor. */
export const deviceSchema = z.strictObject({
  name: z.string(),
  driverVersion: z.string(),
  memoryMib: z.number().optional(),
});
export type Device = z.infer<typeof deviceSchema>;

/** One step of one picture size, drawn before the engine is ready: the first time with all its searching, and again. */
export const warmUpSchema = z.strictObject({
  modelId: z.string(),
  widthPx: z.int(),
  heightPx: z.int(),
  count: z.int(),
  coldMs: z.number(),
  warmMs: z.number(),
});
export type WarmUp = z.infer<typeof warmUpSchema>;

export const healthSchema = z.strictObject({
  /** STARTING: engine not up yet. BUSY: at least one job runs. DEFUNCT: the engine keeps dying. */
  status: z.enum(['STARTING', 'READY', 'BUSY', 'SETUP_FAILED', 'DEFUNCT']),
  contractVersion: z.literal(1),
  /** One sentence when the status is SETUP_FAILED or DEFUNCT. */
  reason: z.string().optional(),
  engineProcessId: z.int().optional(),
  loadedModelId: z.string().optional(),
  /** Known once the engine has started. */
  abilities: functionAbilitiesSchema.optional(),
  executionProvider: z.enum(['cpu', 'cuda']).optional(),
  device: deviceSchema.optional(),
  warmUps: z.array(warmUpSchema).optional(),
  jobsRunning: z.int().min(0),
  jobsQueued: z.int().min(0),
  uptimeMs: z.number(),
  engineStartMs: z.number().optional(),
});
export type Health = z.infer<typeof healthSchema>;

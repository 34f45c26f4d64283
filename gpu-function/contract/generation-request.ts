/** What a person asked for, parsed once. Left out = the model package's own default, which the engine reports. */
import * as z from 'zod';
import { LIMITS } from './limits.ts';

/** Samplers by the names of the papers' authors; every alias a person may type maps to one of these. */
export const SAMPLER_IDS = ['ddpm', 'ddim', 'euler', 'euler-ancestral', 'dpmpp-2m'] as const;
export type SamplerId = (typeof SAMPLER_IDS)[number];

/** As the WebUI writes them: in its recipes, on cards, in messages. */
export const SAMPLER_LABELS: Readonly<Record<SamplerId, string>> = {
  ddpm: 'DDPM',
  ddim: 'DDIM',
  euler: 'Euler',
  'euler-ancestral': 'Euler a',
  'dpmpp-2m': 'DPM++ 2M',
};

/** How the timesteps or sigmas of a run are spread over the trained schedule. */
export const SPACING_IDS = ['leading', 'trailing', 'linspace', 'karras'] as const;
export type SpacingId = (typeof SPACING_IDS)[number];

const side = z
  .int()
  .min(LIMITS.sidePx.min)
  .max(LIMITS.sidePx.max)
  .multipleOf(LIMITS.sidePx.multipleOf);
const aspectPart = z.int().min(LIMITS.aspectPart.min).max(LIMITS.aspectPart.max);

/** The size of the picture as it was asked for; the engine answers with the size it drew. */
const requestedSizeSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('default') }),
  z.strictObject({ kind: z.literal('aspect'), width: aspectPart, height: aspectPart }),
  z.strictObject({ kind: z.literal('pixels'), widthPx: side, heightPx: side }),
]);
export type RequestedSize = z.infer<typeof requestedSizeSchema>;

const seedSchema = z.int().min(LIMITS.seed.min).max(LIMITS.seed.max);

/** One turn towards a neighbouring picture: the noise so far, turned towards the noise of another seed (slerp). */
export const variationSchema = z.strictObject({
  /** Seed of the noise to turn towards. */
  seed: seedSchema,
  /** 0 = the same picture, 1 = a picture of the second seed. */
  strength: z.number().min(LIMITS.strength.min).max(LIMITS.strength.max),
});
export type Variation = z.infer<typeof variationSchema>;

const promptText = z.string().max(LIMITS.promptCharacters);
const name = z
  .string()
  .min(1)
  .max(LIMITS.nameCharacters)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'it must be letters, digits, ., _ or - only');

export const generateRequestSchema = z.strictObject({
  kind: z.literal('generate'),
  prompt: promptText.min(1),
  negativePrompt: promptText.default(''),
  size: requestedSizeSchema.default({ kind: 'default' }),
  /**
   * Picture n of a job uses seed + n (modulo 2^32), so that each can be drawn again alone.
   * With variations all pictures keep this seed and the last variation's seed counts up instead.
   */
  seed: seedSchema,
  count: z.int().min(LIMITS.count.min).max(LIMITS.count.max).default(1),
  steps: z.int().min(LIMITS.steps.min).max(LIMITS.steps.max).optional(),
  guidanceScale: z.number().min(LIMITS.guidanceScale.min).max(LIMITS.guidanceScale.max).optional(),
  guidanceRescale: z
    .number()
    .min(LIMITS.guidanceRescale.min)
    .max(LIMITS.guidanceRescale.max)
    .optional(),
  sampler: z.enum(SAMPLER_IDS).optional(),
  spacing: z.enum(SPACING_IDS).optional(),
  modelId: name.optional(),
  style: name.optional(),
  /**
   * Turns of the noise, done in this order: a list, because a variation of a variation must start from the very
   * noise of the picture it varies. Picture n uses the last turn's seed + n (modulo 2^32).
   */
  variations: z.array(variationSchema).min(1).max(LIMITS.variations.max).optional(),
});
export type GenerateRequest = z.infer<typeof generateRequestSchema>;

/** Bytes of a PNG, JPEG or WebP picture as base64, at most LIMITS.imageBytes when decoded. */
const inlineImageSchema = z.strictObject({
  kind: z.literal('inline'),
  base64: z.base64().max(Math.ceil(LIMITS.imageBytes / 3) * 4),
});

export const upscaleRequestSchema = z.strictObject({
  kind: z.literal('upscale'),
  image: z.discriminatedUnion('kind', [inlineImageSchema]),
  factor: z.literal(LIMITS.upscaleFactors),
});
export type UpscaleRequest = z.infer<typeof upscaleRequestSchema>;

export const requestSchema = z.discriminatedUnion('kind', [
  generateRequestSchema,
  upscaleRequestSchema,
]);
export type GenerationRequest = z.infer<typeof requestSchema>;

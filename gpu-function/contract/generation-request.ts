/** What a person asked for, parsed once. Left out = the model package's own default, which the engine reports. */
import * as z from 'zod';
import { imageSourceSchema } from './image-source.ts';
import { LIMITS } from './limits.ts';
import { inpaintSchema, outpaintSchema } from './picture-editing.ts';

export {
  PROMPT_WEIGHTINGS,
  SAMPLER_IDS,
  SAMPLER_LABELS,
  SPACING_IDS,
  type PromptWeighting,
  type SamplerId,
  type SpacingId,
} from './samplers.ts';
import { PROMPT_WEIGHTINGS, SAMPLER_IDS, SPACING_IDS } from './samplers.ts';

const side = z
  .int()
  .min(LIMITS.sidePx.min)
  .max(LIMITS.sidePx.max)
  .multipleOf(LIMITS.sidePx.multipleOf);
const aspectPart = z.int().min(LIMITS.aspectPart.min).max(LIMITS.aspectPart.max);

/** The size of the picture as it was asked for; the engine answers with the size it drew. */
export const requestedSizeSchema = z.discriminatedUnion('kind', [
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

/** How a picture's numbers are drawn, whatever it shows. */
const drawingFields = {
  steps: z.int().min(LIMITS.steps.min).max(LIMITS.steps.max).optional(),
  guidanceScale: z.number().min(LIMITS.guidanceScale.min).max(LIMITS.guidanceScale.max).optional(),
  guidanceRescale: z
    .number()
    .min(LIMITS.guidanceRescale.min)
    .max(LIMITS.guidanceRescale.max)
    .optional(),
  sampler: z.enum(SAMPLER_IDS).optional(),
  spacing: z.enum(SPACING_IDS).optional(),
  /** DDIM, TCD and ancestral samplers: the share of the noise that each step renews. */
  eta: z.number().min(LIMITS.eta.min).max(LIMITS.eta.max).optional(),
  /** Euler: how much noise is stirred in over the whole run. */
  sChurn: z.number().min(LIMITS.sChurn.min).max(LIMITS.sChurn.max).optional(),
  /** Factor for the noise that the steps of stochastic samplers add. */
  sNoise: z.number().min(LIMITS.sNoise.min).max(LIMITS.sNoise.max).optional(),
  /** Left out = webui. `none` takes a prompt literally and cuts it at the encoder's length, as diffusers does. */
  promptWeighting: z.enum(PROMPT_WEIGHTINGS).optional(),
  /** Which layer of the text encoder is taken, counted from its end as the WebUI counts: 1 is the last, as trained. */
  clipSkip: z.int().min(LIMITS.clipSkip.min).max(LIMITS.clipSkip.max).optional(),
  modelId: name.optional(),
  style: name.optional(),
};

/** The way from noise to picture as an animated file; GIF has 256 colours and is larger, but shows everywhere. */
export const CLIP_FORMATS = ['webp', 'gif'] as const;
export type ClipFormat = (typeof CLIP_FORMATS)[number];

export const generateRequestSchema = z
  .strictObject({
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
    ...drawingFields,
    /**
     * Turns of the noise, done in this order: a list, because a variation of a variation must start from the very
     * noise of the picture it varies. Picture n uses the last turn's seed + n (modulo 2^32).
     */
    variations: z.array(variationSchema).min(1).max(LIMITS.variations.max).optional(),
    /**
     * The picture to start from: alone it is image-to-image, with `inpaint` a part of it is drawn anew, with `outpaint` it
     * goes on beyond its edges. Alone, a size of `default` is the nearest to the picture's own that the model can draw;
     * with `inpaint` and `outpaint` the size follows from the picture and `size` has no effect.
     */
    startImage: imageSourceSchema.optional(),
    /**
     * With a start image: how much of it is drawn anew. 0.2 keeps nearly all, 1 nothing but the words; the last
     * floor(steps × strength) steps are drawn, as in diffusers. Left out = `STRENGTHS` in strengths.ts.
     */
    strength: z.number().min(LIMITS.strength.min).max(LIMITS.strength.max).optional(),
    /** Needs a start image. */
    inpaint: inpaintSchema.optional(),
    /** Needs a start image, and none of `inpaint`. */
    outpaint: outpaintSchema.optional(),
    /** The picture can be laid beside itself without a seam, in both directions. */
    tile: z.boolean().optional(),
    /** Also the way from noise to picture, made of the previews: `clip` of the result. */
    clip: z.enum(CLIP_FORMATS).optional(),
  })
  .superRefine(checkEditing);
export type GenerateRequest = z.infer<typeof generateRequestSchema>;

/** What an edit needs, and which edits exclude each other. */
function checkEditing(
  request: {
    startImage?: unknown;
    strength?: unknown;
    inpaint?: unknown;
    outpaint?: unknown;
    tile?: boolean | undefined;
  },
  context: z.RefinementCtx,
): void {
  const refuse = (path: string, message: string) =>
    context.addIssue({ code: 'custom', path: [path], message });
  if (request.startImage === undefined) {
    for (const name of ['strength', 'inpaint', 'outpaint'] as const) {
      if (request[name] !== undefined) refuse(name, 'it needs a startImage');
    }
    return;
  }
  if (request.inpaint !== undefined && request.outpaint !== undefined) {
    refuse('outpaint', 'it cannot be asked for together with inpaint');
  }
  if (request.outpaint !== undefined && request.tile === true) {
    refuse('tile', 'it cannot be asked for together with outpaint');
  }
}

/**
 * creative: the enlarged picture is drawn over once more, tile by tile, by a text-to-image model, which invents detail.
 * The prompt should be the one that the picture was drawn from.
 */
const creativeSchema = z.strictObject({
  prompt: promptText.min(1),
  negativePrompt: promptText.default(''),
  seed: seedSchema,
  strength: z.number().min(LIMITS.strength.min).max(LIMITS.strength.max).optional(),
  ...drawingFields,
});

export const upscaleRequestSchema = z.strictObject({
  kind: z.literal('upscale'),
  image: imageSourceSchema,
  factor: z.literal(LIMITS.upscaleFactors),
  /** An id from `abilities.upscalers` of /health, or `lanczos` for plain resampling. Left out = the first of the list. */
  upscalerId: name.optional(),
  creative: creativeSchema.optional(),
});
export type UpscaleRequest = z.infer<typeof upscaleRequestSchema>;

/** A walk between two prompts, as one animated picture: turned (slerp) in the noise and in the words' numbers. */
const animateRequestSchema = z.strictObject({
  kind: z.literal('animate'),
  prompt: promptText.min(1),
  toPrompt: promptText.min(1),
  negativePrompt: promptText.default(''),
  size: requestedSizeSchema.default({ kind: 'default' }),
  seed: seedSchema,
  /** Seed of the noise at the far end; left out, the noise stays and only the words change. */
  toSeed: seedSchema.optional(),
  ...drawingFields,
  /** Pictures that are drawn, both ends among them. */
  frames: z.int().min(LIMITS.frames.min).max(LIMITS.frames.max).default(16),
  framesPerSecond: z
    .int()
    .min(LIMITS.framesPerSecond.min)
    .max(LIMITS.framesPerSecond.max)
    .default(8),
  /** Whether the walk goes back to where it began, so that it can play without end. */
  loop: z.boolean().default(true),
  format: z.enum(CLIP_FORMATS).default('webp'),
});
export type AnimateRequest = z.infer<typeof animateRequestSchema>;

export const requestSchema = z.discriminatedUnion('kind', [
  generateRequestSchema,
  upscaleRequestSchema,
  animateRequestSchema,
]);
export type GenerationRequest = z.infer<typeof requestSchema>;

/** What a job made, and with which settings exactly. */
import * as z from 'zod';
import {
  PROMPT_WEIGHTINGS,
  SAMPLER_IDS,
  SPACING_IDS,
  variationSchema,
} from './generation-request.ts';
import { lineageSchema } from './lineage.ts';
import { INPAINT_AREAS } from './picture-editing.ts';

const placePx = { left: z.int(), top: z.int(), right: z.int(), bottom: z.int() };

/** A picture that another one was made from, by its content. */
const sourceSchema = z.strictObject({ sha256: z.string(), widthPx: z.int(), heightPx: z.int() });

/** Every setting of a run after the model package's defaults were filled in. */
export const settingsSchema = z.strictObject({
  modelId: z.string(),
  /** sha256 over the package's files, hexadecimal, first 16 characters: tells two versions of a model apart. */
  modelDigest: z.string(),
  prompt: z.string(),
  negativePrompt: z.string(),
  style: z.string().optional(),
  widthPx: z.int(),
  heightPx: z.int(),
  seed: z.int(),
  count: z.int(),
  steps: z.int(),
  guidanceScale: z.number(),
  guidanceRescale: z.number(),
  sampler: z.enum(SAMPLER_IDS),
  spacing: z.enum(SPACING_IDS),
  eta: z.number().optional(),
  sChurn: z.number().optional(),
  sNoise: z.number().optional(),
  promptWeighting: z.enum(PROMPT_WEIGHTINGS).optional(),
  clipSkip: z.int().optional(),
  variations: z.array(variationSchema).min(1).optional(),
  startImage: sourceSchema.optional(),
  strength: z.number().optional(),
  inpaint: z
    .strictObject({
      area: z.enum(INPAINT_AREAS),
      featherPx: z.int(),
      paddingPx: z.int(),
      /** sha256 over the mask's pixels, one byte each. */
      maskSha256: z.string(),
    })
    .optional(),
  /** Where the start image lies on the drawn picture, in pixels; what is outside was drawn. */
  outpaint: z
    .strictObject({ kind: z.enum(['zoom', 'pan', 'borders']), kept: z.strictObject(placePx) })
    .optional(),
  tile: z.boolean().optional(),
});
export type Settings = z.infer<typeof settingsSchema>;

const imageDescriptionSchema = z.strictObject({
  /** 0-based place in the job, as in `GET /jobs/{id}/images/{index}`. */
  index: z.int().min(0),
  /** The seed that draws this picture alone (of the last variation where there is one); none for an upscale. */
  seed: z.int().optional(),
  widthPx: z.int(),
  heightPx: z.int(),
  /** PNG, but for a prompt walk, which is animated. */
  mediaType: z.enum(['image/png', 'image/webp', 'image/gif']),
  sizeBytes: z.int(),
  sha256: z.string(),
  /** 0..1: how likely the picture is sexually explicit, as its classifier sees it; none where nobody looked. */
  unsafeScore: z.number().min(0).max(1).optional(),
});
export type ImageDescription = z.infer<typeof imageDescriptionSchema>;

/** Wall time of each stage, in milliseconds. */
const timingsSchema = z.strictObject({
  queueMs: z.number(),
  loadModelMs: z.number(),
  encodePromptMs: z.number(),
  denoiseMs: z.number(),
  decodeMs: z.number(),
  encodeImageMs: z.number(),
  totalMs: z.number(),
  /** The part of all this that was spent inside ONNX Runtime's run(). */
  onnxRunMs: z.number(),
});
export type Timings = z.infer<typeof timingsSchema>;

export const resultSchema = z.strictObject({
  images: z.array(imageDescriptionSchema).min(1),
  /**
   * The way from noise to picture, where the request asked for it: all pictures of the job in one animated sheet. It is
   * fetched as the pictures are, by its index, which follows theirs.
   */
  clip: imageDescriptionSchema.optional(),
  /** None for an upscale. */
  settings: settingsSchema.optional(),
  lineage: lineageSchema.optional(),
  timings: timingsSchema,
  /** Sentences for the person: what was done otherwise than asked, and why. */
  notes: z.array(z.string()),
});
export type GenerationResult = z.infer<typeof resultSchema>;

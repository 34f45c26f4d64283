/** What a person may know of a model before choosing it: the entries of `GET /models`. */
import * as z from 'zod';
import { SAMPLER_IDS, SPACING_IDS } from './generation-request.ts';

const modelDefaultsSchema = z.strictObject({
  widthPx: z.int(),
  heightPx: z.int(),
  steps: z.int(),
  guidanceScale: z.number(),
  guidanceRescale: z.number(),
  sampler: z.enum(SAMPLER_IDS),
  spacing: z.enum(SPACING_IDS),
  /** Of zoom and pan, where the model wants another one than STRENGTHS.outpaint. */
  outpaintStrength: z.number().optional(),
});
export type ModelDefaults = z.infer<typeof modelDefaultsSchema>;

/**
 * What a model can do beside drawing from words. All but `tile` and `prompt-walk` need the package's VAE encoder; a
 * package for inpainting has `native-inpaint` and looks at the mask itself.
 */
const MODEL_ABILITIES = [
  'image-to-image',
  'inpaint',
  'native-inpaint',
  'outpaint',
  'tile',
  'prompt-walk',
] as const;
export type ModelAbility = (typeof MODEL_ABILITIES)[number];

export const modelDescriptionSchema = z.strictObject({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  licence: z.string(),
  sizeBytes: z.int(),
  isDefault: z.boolean(),
  /** The only size a fixed-shape package can draw; none when height and width are free. */
  fixedSize: z.strictObject({ widthPx: z.int(), heightPx: z.int() }).optional(),
  defaults: modelDefaultsSchema,
  samplers: z.array(z.enum(SAMPLER_IDS)),
  styles: z.array(z.string()),
  /** Left out = drawing from words is all. A button for anything else is shown for these only. */
  abilities: z.array(z.enum(MODEL_ABILITIES)).optional(),
  /** Why the package cannot be used, in one sentence; none when it can. */
  problem: z.string().optional(),
});
export type ModelDescription = z.infer<typeof modelDescriptionSchema>;

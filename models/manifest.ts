/** `manifest.json` inside a package: what its other files do not say. Optional, and so is every field. */
import { SAMPLER_IDS, SPACING_IDS } from '#contract/generation-request.ts';
import { LIMITS } from '#contract/limits.ts';
import * as z from 'zod';

export const MANIFEST_FILE = 'manifest.json';

/** Ids are typed in chat and stand in addresses; they are looked up, never joined to a path. */
export const modelIdSchema = z
  .string()
  .max(LIMITS.nameCharacters)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'letters, digits, dot, dash and underscore only');

/** A path below the package's folder, with forward slashes and no way out of it. */
const PLAIN_PATH = /^(?!.*(?:^|\/)\.\.?(?:\/|$))[A-Za-z0-9._-]+(?:\/[A-Za-z0-9._-]+)*$/;
const PATH_CHARACTERS_MAX = 500;
const relativePathSchema = z
  .string()
  .max(PATH_CHARACTERS_MAX)
  .regex(PLAIN_PATH, 'not a plain path');

/** Whether a name from outside may become a file below a package's folder. */
export const isPlainPath = (path: string): boolean => relativePathSchema.safeParse(path).success;

export const packageFileSchema = z.strictObject({
  path: relativePathSchema,
  sizeBytes: z.int().min(0),
  /** Of the whole file, hexadecimal. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'not a sha256'),
});
export type PackageFile = z.infer<typeof packageFileSchema>;

const side = z.int().min(LIMITS.sidePx.min).max(LIMITS.sidePx.max);
const rgb = z.tuple([z.number(), z.number(), z.number()]);

export const manifestSchema = z.strictObject({
  /** Must be the folder's name when given: packages are addressed by it. */
  id: modelIdSchema.optional(),
  name: z.string().min(1).max(LIMITS.nameCharacters).optional(),
  description: z.string().max(1_000).optional(),
  licence: z.string().max(200).optional(),
  /** Whose work is in it, one line each. */
  notices: z.array(z.string()).optional(),
  /** Where it was fetched from. */
  origin: z
    .strictObject({
      address: z.string().max(2_000),
      /** The commit, where there is one. */
      revision: z.string().max(200).optional(),
    })
    .optional(),
  /** Every file that the package needs to run. */
  files: z.array(packageFileSchema).min(1).optional(),
  defaults: z
    .strictObject({
      steps: z.int().min(LIMITS.steps.min).max(LIMITS.steps.max),
      guidanceScale: z.number().min(LIMITS.guidanceScale.min).max(LIMITS.guidanceScale.max),
      guidanceRescale: z.number().min(LIMITS.guidanceRescale.min).max(LIMITS.guidanceRescale.max),
      sampler: z.enum(SAMPLER_IDS),
      spacing: z.enum(SPACING_IDS),
      /** Where the package's own configuration is silent or wrong. */
      widthPx: side.exactOptional(),
      heightPx: side.exactOptional(),
      outpaintStrength: z.number().min(LIMITS.strength.min).max(LIMITS.strength.max).optional(),
    })
    .optional(),
  /** For graphs that take one size only. */
  fixedSize: z.strictObject({ widthPx: side, heightPx: side }).optional(),
  /** Latents (as the network sees them) to RGB -1..1: one row of factors per channel, and a bias. */
  previewMap: z.strictObject({ factors: z.array(rgb).min(1), bias: rgb }).optional(),
  /** Style name → what is typed for it, with {prompt} where the words go. */
  styles: z
    .record(modelIdSchema, z.string().includes('{prompt}', 'a template without {prompt}'))
    .optional(),
});
export type Manifest = z.infer<typeof manifestSchema>;

/**
 * The recipe that every picture carries: what is needed to draw it again, alone. As WebUI's text for people and other
 * tools, and as JSON for this project. Holds nothing of time, place in a job or person, so that the same picture is
 * the same file however it came to be.
 */
import * as z from 'zod';
import {
  generateRequestSchema,
  type GenerateRequest,
  type Variation,
} from './generation-request.ts';
import { settingsSchema, type Settings } from './generation-result.ts';
import { LIMITS } from './limits.ts';
import { lineageSchema, type Lineage } from './lineage.ts';
import { XMP_KEYWORD, type PngTexts } from './png-text.ts';
import { MACHINE_MADE_XMP, isMarkedMachineMade } from './provenance.ts';
import { formatWebuiParameters, parseWebuiParameters } from './webui-parameters.ts';

/** Under which keywords the recipe stands in a PNG file. The first and second are WebUI's. */
const RECIPE_KEYWORDS = {
  parameters: 'parameters',
  postprocessing: 'postprocessing',
  json: 'imagine',
} as const;

/** A picture that was made larger after it was drawn. */
const enlargementSchema = z.strictObject({
  /** Of the last one: plain resampling, or a network. */
  method: z.enum(['lanczos', 'learned']),
  /** The network's id. */
  upscaler: z.string().optional(),
  /** What it was drawn over with afterwards. */
  creative: z
    .strictObject({ prompt: z.string(), seed: z.int(), strength: z.number().optional() })
    .optional(),
  /** Of each side, all enlargements since it was drawn together. */
  factor: z.number().positive(),
});

export type Enlargement = z.infer<typeof enlargementSchema>;

/** The JSON under the keyword `imagine`. */
const recipeSchema = z.strictObject({
  contractVersion: z.literal(1),
  /** Of this picture alone: count 1, and its own seed (or last variation's seed). */
  settings: settingsSchema,
  /** How it came from another picture; what is drawn from words alone has none. */
  lineage: lineageSchema.optional(),
  enlargement: enlargementSchema.optional(),
});
type Recipe = z.infer<typeof recipeSchema>;

const SEED_COUNT = LIMITS.seed.max + 1;

/** What tells one picture of a job from the others; requests and settings both have it. */
interface NoiseSettings {
  seed: number;
  count: number;
  variations?: Variation[] | undefined;
}

/**
 * What draws picture `index` (0-based) of a job alone: count 1 and that picture's own seed. Without variations the seed
 * counts up with the index, with some the last variation's seed does (both modulo 2^32).
 */
export function toSinglePicture<T extends NoiseSettings>(job: T, index: number): T {
  const count = (seed: number) => (seed + index) % SEED_COUNT;
  const last = job.variations?.at(-1);
  if (last === undefined) return { ...job, count: 1, seed: count(job.seed) };
  const variations = [...(job.variations ?? []).slice(0, -1), { ...last, seed: count(last.seed) }];
  return { ...job, count: 1, variations };
}

/** The seed by which a person knows the picture: the last variation's where there is one. */
export function pictureSeed(job: NoiseSettings, index: number): number {
  const single = toSinglePicture(job, index);
  return single.variations?.at(-1)?.seed ?? single.seed;
}

/** The texts of picture `index` of a job that was drawn with these settings. */
export function toRecipeTexts(settings: Settings, index: number, lineage?: Lineage): PngTexts {
  const recipe: Recipe = {
    contractVersion: 1,
    settings: toSinglePicture(settings, index),
    lineage: lineage?.action === 'generate' ? undefined : lineage,
  };
  return new Map([
    [RECIPE_KEYWORDS.parameters, formatWebuiParameters(recipe.settings)],
    [RECIPE_KEYWORDS.json, toAsciiJson(recipe)],
    [XMP_KEYWORD, MACHINE_MADE_XMP],
  ]);
}

/**
 * The texts for an enlarged copy of a picture, from the picture's own: its recipe, with the enlargement added to it. The
 * mark of machine-made pictures is kept where the source has it or a recipe, and not put on a stranger's photograph.
 */
export function toEnlargedRecipeTexts(source: PngTexts, enlargement: Enlargement): PngTexts {
  const recipe = parseRecipeJson(source.get(RECIPE_KEYWORDS.json));
  const parameters = source.get(RECIPE_KEYWORDS.parameters);
  const factorInAll = (recipe?.enlargement?.factor ?? 1) * enlargement.factor;
  const enlarged: Recipe | undefined = recipe && {
    ...recipe,
    enlargement: { ...enlargement, factor: factorInAll },
  };
  const isMachineMade =
    enlargement.creative !== undefined ||
    readRecipeDetails(source) !== undefined ||
    isMarkedMachineMade(source.get(XMP_KEYWORD) ?? '');
  const texts: (readonly [string, string | undefined])[] = [
    [RECIPE_KEYWORDS.parameters, parameters],
    [
      RECIPE_KEYWORDS.postprocessing,
      `Postprocess upscale by: ${factorInAll}, Postprocess upscaler: ${enlargement.upscaler ?? 'Lanczos'}`,
    ],
    [RECIPE_KEYWORDS.json, enlarged && toAsciiJson(enlarged)],
    [XMP_KEYWORD, isMachineMade ? MACHINE_MADE_XMP : undefined],
  ];
  return new Map(texts.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/** What a picture tells of itself. */
export interface RecipeDetails {
  /**
   * The request of these settings: it draws the picture again (before any enlargement), but for one that was made from
   * another picture (`lineage.parentSha256`), for which it says the words and settings alone.
   */
  request: GenerateRequest;
  /** Only in our own pictures. */
  settings?: Settings | undefined;
  lineage?: Lineage | undefined;
  enlargement?: Recipe['enlargement'] | undefined;
}

/**
 * Undefined when the texts hold no recipe. Prefers our JSON, then reads WebUI's text. Texts may come from anywhere: never
 * throws.
 */
export function readRecipeDetails(texts: PngTexts): RecipeDetails | undefined {
  const recipe = parseRecipeJson(texts.get(RECIPE_KEYWORDS.json));
  const request = recipe && toRequest(recipe.settings);
  if (request !== undefined) {
    const { settings, lineage, enlargement } = recipe ?? {};
    return { request, settings, lineage, enlargement };
  }
  const parsed = parseWebuiParameters(texts.get(RECIPE_KEYWORDS.parameters) ?? '');
  return parsed && { request: parsed };
}

/**
 * The request that draws the picture of these texts again, alone; undefined when they hold none, or when the picture was
 * made from another one, without which it cannot be drawn.
 */
export function readRecipe(texts: PngTexts): GenerateRequest | undefined {
  const details = readRecipeDetails(texts);
  return details?.lineage?.parentSha256 === undefined ? details?.request : undefined;
}

function parseRecipeJson(json: string | undefined): Recipe | undefined {
  if (json === undefined) return undefined;
  try {
    return recipeSchema.safeParse(JSON.parse(json)).data;
  } catch {
    return undefined;
  }
}

/** JSON with other than ASCII characters escaped: many programs read PNG texts as UTF-8 where Latin-1 is meant. */
function toAsciiJson(recipe: Recipe): string {
  return JSON.stringify(recipe).replaceAll(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function toRequest(settings: Settings): GenerateRequest | undefined {
  const { modelDigest: _digest, widthPx, heightPx, startImage, ...words } = settings;
  const { strength: _strength, inpaint: _inpaint, outpaint: _outpaint, ...rest } = words;
  return generateRequestSchema.safeParse({
    ...rest,
    kind: 'generate',
    size: startImage === undefined ? { kind: 'pixels', widthPx, heightPx } : { kind: 'default' },
    count: 1,
  }).data;
}

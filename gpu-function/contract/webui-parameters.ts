/**
 * The "parameters" text that Stable Diffusion WebUI writes into its pictures and that most tools can read: prompt,
 * `Negative prompt: …`, and a last line of `Key: value` pairs where values with commas, colons or line ends are quoted.
 */
import type { Settings } from './generation-result.ts';
import {
  generateRequestSchema,
  SAMPLER_LABELS,
  type GenerateRequest,
  type PromptWeighting,
  type SamplerId,
  type SpacingId,
  type Variation,
} from './generation-request.ts';
import { LIMITS } from './limits.ts';

/** The value of `Version` in our own pictures. */
const OWN_VERSION = 'imagine';
const NEGATIVE_PREFIX = 'Negative prompt:';
/** Far more than two prompts of the longest kind with all settings; a longer text is nobody's recipe. */
const TEXT_CHARACTERS_MAX = 64 * 1024;
/** WebUI's own rule: a last line with fewer pairs belongs to the prompt. */
const PAIRS_MIN = 3;

/** WebUI 1.9's schedule types that spread the steps in the same way. */
const SCHEDULE_TYPES: Readonly<Record<SpacingId, string>> = {
  leading: 'DDIM',
  trailing: 'Simple',
  linspace: 'Uniform',
  karras: 'Karras',
  exponential: 'Exponential',
  beta: 'Beta',
  'sgm-uniform': 'SGM Uniform',
  // WebUI has none of it.
  lu: 'Lu',
};

/** WebUI's names of the ways in which weights act. */
const EMPHASIS: Readonly<Record<PromptWeighting, string>> = {
  webui: 'Original',
  comfyui: 'ComfyUI',
  none: 'None',
};

/** The text for one picture. `settings` are those of the picture alone: its own seed, count 1. */
export function formatWebuiParameters(settings: Settings): string {
  const pairs: readonly (readonly [string, string | number | undefined])[] = [
    ['Steps', settings.steps],
    ['Sampler', SAMPLER_LABELS[settings.sampler]],
    ['Schedule type', SCHEDULE_TYPES[settings.spacing]],
    ['CFG scale', settings.guidanceScale],
    ['Eta', settings.eta],
    ['Sigma churn', settings.sChurn],
    ['Sigma noise', settings.sNoise],
    ['Clip skip', settings.clipSkip],
    ['Emphasis', settings.promptWeighting && EMPHASIS[settings.promptWeighting]],
    ['CFG rescale', settings.guidanceRescale === 0 ? undefined : settings.guidanceRescale],
    ['Seed', settings.seed],
    ['Size', `${settings.widthPx}x${settings.heightPx}`],
    ['Model hash', settings.modelDigest],
    ['Model', settings.modelId],
    ['Style', settings.style],
    ...formatVariations(settings.variations),
    ['Denoising strength', settings.strength],
    ['Mask blur', settings.inpaint?.featherPx],
    ['Tiling', settings.tile === true ? 'True' : undefined],
    // WebUI takes a missing value for its GPU generator, whose noise differs.
    ['RNG', 'CPU'],
    ['Version', OWN_VERSION],
  ];
  const lastLine = pairs
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}: ${quote(String(value))}`)
    .join(', ');
  const negative =
    settings.negativePrompt === '' ? [] : [`${NEGATIVE_PREFIX} ${settings.negativePrompt}`];
  return [settings.prompt, ...negative, lastLine].join('\n');
}

/**
 * The request that draws the described picture again, as far as this project can: samplers it does not have become the
 * model's own, sides are brought to the allowed ones, and only our own pictures name the model. Undefined when the text
 * holds no prompt or no seed; never throws.
 */
export function parseWebuiParameters(text: string): GenerateRequest | undefined {
  if (text.length > TEXT_CHARACTERS_MAX) return undefined;
  const lines = text.trim().split(/\r?\n/);
  const last = findPairsLine(lines);
  if (last === undefined) return undefined;
  const { prompt, negativePrompt } = splitPrompts(lines.slice(0, last.index));
  const { pairs } = last;
  const isOwn = pairs.get('Version') === OWN_VERSION;
  const parsed = generateRequestSchema.safeParse({
    kind: 'generate',
    prompt: prompt.slice(0, LIMITS.promptCharacters),
    negativePrompt: negativePrompt.slice(0, LIMITS.promptCharacters),
    size: toSize(pairs.get('Size')),
    seed: toSeed(pairs.get('Seed')),
    count: 1,
    steps: toNumber(pairs.get('Steps'), LIMITS.steps),
    guidanceScale: toNumber(pairs.get('CFG scale'), LIMITS.guidanceScale),
    guidanceRescale: toNumber(
      pairs.get('CFG rescale') ?? (isOwn ? '0' : undefined),
      LIMITS.guidanceRescale,
    ),
    eta: toNumber(pairs.get('Eta'), LIMITS.eta),
    sChurn: toNumber(pairs.get('Sigma churn'), LIMITS.sChurn),
    sNoise: toNumber(pairs.get('Sigma noise'), LIMITS.sNoise),
    clipSkip: toNumber(pairs.get('Clip skip'), LIMITS.clipSkip),
    promptWeighting: keyOf(EMPHASIS, (pairs.get('Emphasis') ?? '').toLowerCase()),
    ...toSampler(pairs.get('Sampler'), pairs.get('Schedule type')),
    modelId: isOwn ? pairs.get('Model') : undefined,
    style: isOwn ? pairs.get('Style') : undefined,
    variations: toVariations(pairs),
    tile: pairs.get('Tiling') === 'True' ? true : undefined,
  });
  return parsed.success ? parsed.data : undefined;
}

function quote(value: string): string {
  return /[,:\n]/.test(value) ? JSON.stringify(value) : value;
}

type Pairs = ReadonlyMap<string, string>;

/** The last line that is one of pairs; what stands after it was added by other tools. */
function findPairsLine(lines: readonly string[]): { index: number; pairs: Pairs } | undefined {
  for (let index = lines.length - 1; index >= 0; index--) {
    const pairs = parsePairs(lines[index] ?? '');
    if (pairs.size >= PAIRS_MIN && (pairs.has('Steps') || index === lines.length - 1)) {
      return { index, pairs };
    }
  }
  return undefined;
}

/** Reads `Key: value, Key: "quoted, value"` in one pass: a pattern over a hostile line could take forever. */
function parsePairs(line: string): Pairs {
  const pairs = new Map<string, string>();
  const quoted = /"(?:\\.|[^\\"])*"(?=\s*(?:,|$))/y;
  let at = 0;
  while (at < line.length) {
    const colon = line.indexOf(':', at);
    if (colon < 0) break;
    const key = line.slice(Math.max(at, line.lastIndexOf(',', colon) + 1), colon).trim();
    const valueStart = colon + 1 + (/^\s*/.exec(line.slice(colon + 1, colon + 9))?.[0].length ?? 0);
    quoted.lastIndex = valueStart;
    const quotedValue = line[valueStart] === '"' ? quoted.exec(line)?.[0] : undefined;
    const comma = line.indexOf(',', valueStart + (quotedValue?.length ?? 0));
    const end = comma < 0 ? line.length : comma;
    const value = quotedValue === undefined ? line.slice(valueStart, end) : unquote(quotedValue);
    if (/^\w[\w /-]*$/.test(key)) pairs.set(key, value.trim());
    at = end + 1;
  }
  return pairs;
}

function unquote(value: string): string {
  try {
    return String(JSON.parse(value));
  } catch {
    return value;
  }
}

function splitPrompts(lines: readonly string[]): { prompt: string; negativePrompt: string } {
  const start = lines.findIndex((line) => line.startsWith(NEGATIVE_PREFIX));
  if (start < 0) return { prompt: lines.join('\n').trim(), negativePrompt: '' };
  const negative = lines.slice(start).join('\n').slice(NEGATIVE_PREFIX.length);
  return { prompt: lines.slice(0, start).join('\n').trim(), negativePrompt: negative.trim() };
}

/** ComfyUI's seeds have 64 bits; torch's CPU generator is seeded with the low 32 of them. */
function toSeed(value: string | undefined): number | undefined {
  return value !== undefined && /^\d{1,20}$/.test(value)
    ? Number(BigInt.asUintN(32, BigInt(value)))
    : undefined;
}

function toNumber(
  value: string | undefined,
  range: { min: number; max: number },
): number | undefined {
  const number = value === undefined || value === '' ? Number.NaN : Number(value);
  return Number.isFinite(number) ? Math.min(range.max, Math.max(range.min, number)) : undefined;
}

function toSize(value: string | undefined): GenerateRequest['size'] {
  const match = /^(\d{1,5})x(\d{1,5})$/.exec(value ?? '');
  if (match === null) return { kind: 'default' };
  const { min, max, multipleOf } = LIMITS.sidePx;
  const toSide = (text: string | undefined) =>
    Math.min(max, Math.max(min, Math.round(Number(text) / multipleOf) * multipleOf));
  return { kind: 'pixels', widthPx: toSide(match[1]), heightPx: toSide(match[2]) };
}

/** Older WebUI wrote the schedule into the sampler's name: `DPM++ 2M Karras`. */
function toSampler(
  name: string | undefined,
  scheduleType: string | undefined,
): { sampler?: SamplerId; spacing?: SpacingId } {
  const isKarras = / karras$/i.test(name ?? '');
  const plain = (name ?? '').replace(/ karras$/i, '').toLowerCase();
  const sampler = keyOf(SAMPLER_LABELS, plain);
  if (sampler === undefined) return {};
  const spacing = isKarras ? 'karras' : keyOf(SCHEDULE_TYPES, (scheduleType ?? '').toLowerCase());
  return spacing === undefined ? { sampler } : { sampler, spacing };
}

function keyOf<K extends string>(
  table: Readonly<Record<K, string>>,
  lowerCaseValue: string,
): K | undefined {
  return (Object.keys(table) as K[]).find((key) => table[key].toLowerCase() === lowerCaseValue);
}

/** WebUI knows one turn of the noise; a variation of a variation needs a key of our own. */
function formatVariations(
  variations: readonly Variation[] = [],
): (readonly [string, string | number])[] {
  const [first] = variations;
  if (first === undefined) return [];
  return variations.length === 1
    ? [
        ['Variation seed', first.seed],
        ['Variation seed strength', first.strength],
      ]
    : [['Variations', variations.map(({ seed, strength }) => `${seed}:${strength}`).join(', ')]];
}

function toVariations(pairs: Pairs): Variation[] | undefined {
  const turns = pairs
    .get('Variations')
    ?.split(',')
    .slice(0, LIMITS.variations.max)
    .map((turn) => turn.trim().split(':')) ?? [
    [pairs.get('Variation seed'), pairs.get('Variation seed strength')],
  ];
  const variations = turns.flatMap(([seedText, strengthText]) => {
    const seed = toSeed(seedText);
    const strength = toNumber(strengthText, LIMITS.strength);
    return seed === undefined || strength === undefined ? [] : [{ seed, strength }];
  });
  return variations.length === turns.length ? variations : undefined;
}

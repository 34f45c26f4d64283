/**
 * Every flag of the command language, in one table: the parser, completion, help and (on platforms with typed options)
 * the option lists are all made from it.
 */
import { LIMITS } from '#contract/limits.ts';
import { CommandError } from './command-error.ts';
import { fixed, flag, numberFlag, type Flag } from './flag.ts';
import {
  checkSize,
  readAspect,
  readSize,
  readVariations,
  readWholeNumber,
  showValue,
} from './flag-values.ts';
import { pictureFlags } from './picture-flags.ts';
import { samplingFlags } from './sampling-flags.ts';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

function readName(written: string, value: string): string {
  if (value.length > LIMITS.nameCharacters || !NAME.test(value)) {
    throw new CommandError(
      `${written} ${showValue(value)} is not a name; names are made of letters, digits, dots, dashes and underscores.`,
    );
  }
  return value;
}

function readSide(written: string, value: string): number {
  const side = readWholeNumber(written, value, LIMITS.sidePx);
  checkSize(`${written} ${value}`, side, side);
  return side;
}

const sizeFlags: readonly Flag[] = [
  flag({
    name: 'ar',
    aliases: ['aspect', 'aspect-ratio'],
    valueHint: 'width:height',
    description: 'Aspect ratio of the picture',
    example: '--ar 3:2',
    choices: fixed('1:1', '3:2', '2:3', '4:3', '3:4', '16:9', '9:16'),
    read: (value, written) => ({ aspect: readAspect(written, value) }),
  }),
  flag({
    name: 'size',
    aliases: ['resolution'],
    valueHint: 'widthxheight',
    description: `Size in pixels, each side a multiple of ${LIMITS.sidePx.multipleOf}`,
    example: '--size 512x768',
    choices: fixed('512x512', '512x768', '768x512'),
    read: (value, written) => ({ size: readSize(written, value) }),
  }),
  flag({
    name: 'width',
    aliases: ['w'],
    valueHint: 'pixels',
    description: 'Width in pixels, together with --height',
    example: '--width 512',
    range: { min: LIMITS.sidePx.min, max: LIMITS.sidePx.max, isWhole: true },
    read: (value, written) => ({ widthPx: readSide(written, value) }),
  }),
  flag({
    name: 'height',
    aliases: ['h'],
    valueHint: 'pixels',
    description: 'Height in pixels, together with --width',
    example: '--height 768',
    range: { min: LIMITS.sidePx.min, max: LIMITS.sidePx.max, isWhole: true },
    read: (value, written) => ({ heightPx: readSide(written, value) }),
  }),
];

/** In the order in which help lists them and a formatted command carries them. */
export const FLAGS: readonly Flag[] = [
  ...sizeFlags,
  numberFlag({
    name: 'count',
    aliases: ['n'],
    description: 'How many pictures',
    example: '--count 4',
    choices: fixed('1', '2', '3', '4'),
    limits: LIMITS.count,
    isWhole: true,
    toValues: (count) => ({ count }),
  }),
  numberFlag({
    name: 'seed',
    description: 'The same seed and settings draw the same picture again',
    example: '--seed 7',
    limits: LIMITS.seed,
    isWhole: true,
    toValues: (seed) => ({ seed }),
  }),
  ...samplingFlags,
  flag({
    name: 'model',
    aliases: ['m'],
    valueHint: 'name',
    description: 'The model that draws',
    example: '--model icons-128',
    choices: { kind: 'models' },
    read: (value, written) => ({ modelId: readName(written, value) }),
  }),
  flag({
    name: 'style',
    valueHint: 'name',
    description: 'A style of the model',
    example: '--style noto',
    choices: { kind: 'styles' },
    read: (value, written) => ({ style: readName(written, value) }),
  }),
  flag({
    name: 'variation',
    aliases: ['variations'],
    valueHint: 'seed:strength',
    description: 'A neighbour of the picture: its noise turned towards another seed',
    example: '--seed 7 --variation 42:0.35',
    read: (value, written) => ({ variations: readVariations(written, value) }),
  }),
  ...pictureFlags,
  flag({
    name: 'no',
    aliases: ['negative', 'negative-prompt', 'neg'],
    valueHint: 'words',
    description: 'What the picture should not show, up to the next flag',
    example: '--no text, people',
    extent: 'text',
    isRepeatable: true,
    read: (value) => ({ negativePrompt: value }),
  }),
  flag({
    name: 'private',
    valueHint: '',
    description: 'Only you see the answer, where the platform can do that',
    example: '--private',
    extent: 'none',
    read: () => ({ isPrivate: true }),
  }),
];

const FLAGS_BY_NAME = new Map(
  FLAGS.flatMap((flag) => [flag.name, ...flag.aliases].map((name) => [name, flag] as const)),
);

/** The flag with this name or alias, in lower case and without dashes. */
export function findFlag(name: string): Flag | undefined {
  return FLAGS_BY_NAME.get(name);
}

/** Names and aliases of all flags. */
export const FLAG_NAMES: readonly string[] = [...FLAGS_BY_NAME.keys()];

/** Midjourney's flags that mean nothing here: people who come from there get told so instead of a guess. */
export const FOREIGN_FLAGS: ReadonlySet<string> = new Set(
  (
    'v version q quality s stylize c chaos weird stop iw niji raw hd fast relax turbo draft ' +
    'sref sw cref cw oref ow profile p public stealth video'
  ).split(' '),
);

/** The text after `/imagine` as a request: free words are the prompt, flags may stand anywhere between them. */
import { LIMITS } from '#contract/limits.ts';
import type { RequestedSize, SpacingId } from '#contract/generation-request.ts';
import type { CommandRequest, FlagValues, PromptWalk } from './command-draft.ts';
import { CommandError } from './command-error.ts';
import { readTokens, type FlagToken, type WordToken } from './command-tokens.ts';
import { checkSize, showValue } from './flag-values.ts';
import type { Flag } from './flag.ts';
import { findFlag, FLAG_NAMES, FLAGS, FOREIGN_FLAGS } from './flags.ts';
import { formatNumber } from './format-number.ts';
import { nearestName } from '#contract/nearest-name.ts';
import { readEditing, readWalk } from './read-editing.ts';
import { parseSamplerName } from './sampler-names.ts';
import type { UserSettings } from './settings.ts';

/** Longer texts are refused unread: two full prompts, quoted, with every flag stay far below. */
const COMMAND_CHARACTERS_MAX = 20_000;
/** `DPM++ 2M Karras` and the like. */
const SAMPLER_NAME_WORDS_MAX = 4;
/** Everything Unicode calls a control but tab and line ends, and lone halves of surrogate pairs. */
const FORBIDDEN = /(?![\t\n\r])\p{Cc}|\p{Cs}/u;

export interface ParseCommandOptions {
  /** Pictures when the command does not say: 4 in a chat, 1 in a terminal. */
  defaultCount: number;
  /** A start image came as a file beside the text. */
  isImageAttached?: boolean | undefined;
  /** The person's own defaults; every flag wins over them. */
  settings?: UserSettings | undefined;
}

/** A command that was read: what to draw, and how to answer. */
export interface Command {
  request: CommandRequest;
  isPrivate: boolean;
  /** The number of pictures was chosen, in the command or in the settings. */
  isCountGiven: boolean;
  /** How many jobs the command makes. */
  repeat: number;
  walk?: PromptWalk | undefined;
}

/** The flags alone, for settings: throws CommandError for words that belong to none. */
export function parseFlags(text: string): FlagValues {
  checkText(text);
  const { words, values } = readFlags(text);
  if (words.length === 0) return values;
  throw new CommandError(
    `${showValue(joinWords(words))} belongs to no flag; write flags only, such as --ar 3:2.`,
  );
}

/**
 * Throws nothing but CommandError, one sentence with the value and the remedy.
 *
 * Forgiven: long dashes and curly quotes of phones, `--seed=7`, upper case, any spaces. Quotes protect a text
 * (`"rock -- and roll"`); they stay in the prompt unless they enclose all of it. A flag given twice is refused, since
 * whichever value won could be the one the person did not mean; `--no` lists are joined instead.
 */
export function parseCommand(text: string, options: ParseCommandOptions): Command {
  checkText(text);
  const { words, values } = readFlags(text);
  const prompt = joinWords(words);
  checkPrompt('prompt', prompt);
  if (prompt.trim() === '') {
    throw new CommandError(
      'The prompt is empty; say what to draw, such as /imagine a red apple on a table.',
    );
  }
  checkPrompt('list after --no', values.negativePrompt ?? '');
  checkPrompt('text after --to', values.toPrompt ?? '');
  return {
    request: toRequest(prompt, values, options),
    isPrivate: values.isPrivate ?? options.settings?.isPrivate ?? false,
    repeat: values.repeat ?? 1,
    walk: readWalk(values),
    isCountGiven: (values.count ?? options.settings?.count) !== undefined,
  };
}

function checkText(text: string): void {
  if (text.length > COMMAND_CHARACTERS_MAX) throw tooLong('command', text.length);
  const forbidden = FORBIDDEN.exec(text);
  if (forbidden === null) return;
  const code = forbidden[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
  throw new CommandError(
    `The prompt holds a character that cannot be drawn (U+${code} at place ${formatNumber(forbidden.index + 1)}); remove it.`,
  );
}

function checkPrompt(what: string, text: string): void {
  if (text.length > LIMITS.promptCharacters) throw tooLong(what, text.length);
}

function tooLong(what: string, length: number): CommandError {
  const limit = formatNumber(LIMITS.promptCharacters);
  return new CommandError(
    `The ${what} has ${formatNumber(length)} characters; shorten it to ${limit} or fewer.`,
  );
}

interface Reading {
  words: WordToken[];
  values: FlagValues;
}

function readFlags(text: string): Reading {
  const tokens = readTokens(text, (name) => isFlagLike(name));
  const reading: Reading = { words: [], values: {} };
  const seen = new Set<string>();
  let flag: FlagToken | undefined;
  let following: WordToken[] = [];
  const endOfFlag = (): void => {
    if (flag === undefined) reading.words.push(...following);
    else reading.words.push(...applyFlag(flag, following, reading.values, seen));
    following = [];
  };
  for (const token of tokens) {
    if (token.kind === 'word') {
      following.push(token);
    } else {
      endOfFlag();
      flag = token;
    }
  }
  endOfFlag();
  return reading;
}

/** A single long dash before a word is a flag when the word is one, or nearly one. */
function isFlagLike(name: string): boolean {
  const isShort = name.length < 3;
  return findFlag(name) !== undefined || (!isShort && nearestName(name, FLAG_NAMES) !== undefined);
}

/** Reads the flag's value from the words that follow it, and returns the words that are left for the prompt. */
function applyFlag(
  token: FlagToken,
  words: WordToken[],
  values: FlagValues,
  seen: Set<string>,
): WordToken[] {
  const flag = findFlag(token.name);
  if (flag === undefined) throw unknownFlag(token);
  if (seen.has(flag.name) && !flag.isRepeatable) {
    throw new CommandError(`${token.written} is given twice; keep the one you mean.`);
  }
  seen.add(flag.name);
  if (words.length === 0 && flag.extent !== 'none') {
    throw new CommandError(`${token.written} needs a value, such as ${flag.example}.`);
  }
  const length = countValueWords(flag, words);
  const value = joinWords(words.slice(0, length));
  const read = flag.read(value, token.written);
  if (read.negativePrompt !== undefined && values.negativePrompt !== undefined) {
    read.negativePrompt = `${values.negativePrompt}, ${read.negativePrompt}`;
  }
  Object.assign(values, read);
  return words.slice(length);
}

function countValueWords(flag: Flag, words: readonly WordToken[]): number {
  if (flag.extent === 'none') return 0;
  if (words[0]?.quoted !== undefined) return 1;
  switch (flag.extent) {
    case 'word':
      return 1;
    case 'text':
      return words.length;
    case 'sampler':
      return countSamplerWords(words);
  }
}

/**
 * The longest run of words that names a sampler. In `--sampler euler a red apple` the `a` belongs to the prompt:
 * `euler a` is the ancestral one only when nothing else follows before the next flag.
 */
function countSamplerWords(words: readonly WordToken[]): number {
  for (let length = Math.min(SAMPLER_NAME_WORDS_MAX, words.length); length > 1; length -= 1) {
    const name = joinWords(words.slice(0, length));
    const endsInArticle = words[length - 1]?.text.toLowerCase() === 'a' && length < words.length;
    if (!endsInArticle && parseSamplerName(name) !== undefined) return length;
  }
  return 1;
}

function joinWords(words: readonly WordToken[]): string {
  const [first] = words;
  if (words.length === 1 && first?.quoted !== undefined) return first.quoted;
  return words.map((word) => word.text).join(' ');
}

function unknownFlag(token: FlagToken): CommandError {
  const shown = showValue(token.written);
  if (FOREIGN_FLAGS.has(token.name)) {
    return new CommandError(`${shown} does nothing here; leave it out.`);
  }
  const nearest = nearestName(token.name, FLAG_NAMES);
  const remedy =
    nearest === undefined
      ? `the flags are ${FLAGS.map((flag) => `--${flag.name}`).join(', ')}`
      : `did you mean --${nearest}`;
  const end = nearest === undefined ? '.' : '?';
  return new CommandError(`${shown} is not a flag; ${remedy}${end}`);
}

function toRequest(
  prompt: string,
  values: FlagValues,
  options: ParseCommandOptions,
): CommandRequest {
  const { settings = {}, defaultCount } = options;
  const size = toSize(values);
  // A style belongs to a model: with another model than the person's own it would mean nothing.
  const ownStyle = values.modelId === undefined ? settings.style : undefined;
  return {
    kind: 'generate',
    prompt,
    negativePrompt: values.negativePrompt ?? settings.negativePrompt ?? '',
    size:
      size.kind === 'default' && settings.aspect ? { kind: 'aspect', ...settings.aspect } : size,
    seed: values.seed,
    count: values.count ?? settings.count ?? defaultCount,
    steps: values.steps ?? settings.steps,
    guidanceScale: values.guidanceScale ?? settings.guidanceScale,
    guidanceRescale: values.guidanceRescale,
    eta: values.eta,
    sChurn: values.sChurn,
    sNoise: values.sNoise,
    promptWeighting: values.promptWeighting,
    clipSkip: values.clipSkip,
    sampler: values.sampler ?? settings.sampler,
    spacing: toSpacing(values),
    modelId: values.modelId ?? settings.modelId,
    style: values.style ?? ownStyle,
    variations: values.variations,
    ...readEditing(values, options.isImageAttached ?? false),
  };
}

function toSpacing({ samplerSpacing, spacing }: FlagValues): SpacingId | undefined {
  if (samplerSpacing !== undefined && spacing !== undefined && samplerSpacing !== spacing) {
    throw new CommandError(
      `--spacing ${spacing} contradicts the ${samplerSpacing} in the sampler's name; keep one of them.`,
    );
  }
  return spacing ?? samplerSpacing;
}

function toSize({ aspect, size, widthPx, heightPx }: FlagValues): RequestedSize {
  const hasSides = widthPx !== undefined || heightPx !== undefined;
  if ([aspect !== undefined, size !== undefined, hasSides].filter(Boolean).length > 1) {
    throw new CommandError(
      'The size is given twice; keep one of --ar, --size, and --width with --height.',
    );
  }
  if (aspect !== undefined) return { kind: 'aspect', ...aspect };
  if (size !== undefined) return { kind: 'pixels', ...size };
  if (!hasSides) return { kind: 'default' };
  if (widthPx === undefined || heightPx === undefined) {
    const [given, missing] = widthPx === undefined ? ['height', 'width'] : ['width', 'height'];
    const side = widthPx ?? heightPx;
    throw new CommandError(`--${given} ${side} needs --${missing} as well, or use --size 512x768.`);
  }
  checkSize(`${widthPx}x${heightPx}`, widthPx, heightPx);
  return { kind: 'pixels', widthPx, heightPx };
}

/** Chooses and builds the tokenizer that a package's tokenizer folder holds. */
import { GenerationError } from '#contract/generation-error.ts';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { createClipTokenizer } from './clip-tokenizer.ts';
import { createFromTokenizerFile } from './tokenizer-file.ts';
import type { Tokenizer } from './tokenizer.ts';

/** What CLIP was trained with; longer lists have no position embedding. */
const CLIP_MAX_LENGTH = 77;

/** A special token stands as its text, or as an object that holds it. */
const specialTokenSchema = z
  .union([z.string(), z.looseObject({ content: z.string() })])
  .nullish()
  .transform((token) => (typeof token === 'object' ? token?.content : token));

const specialTokensSchema = z.looseObject({
  bos_token: specialTokenSchema,
  eos_token: specialTokenSchema,
  pad_token: specialTokenSchema,
  unk_token: specialTokenSchema,
});
type SpecialTokens = z.infer<typeof specialTokensSchema>;

const tokenizerConfigSchema = specialTokensSchema.extend({
  /** 10^30 stands for "no limit" in files of the transformers library. */
  model_max_length: z.number().min(3).optional(),
  added_tokens_decoder: z.unknown().optional(),
});

const vocabularySchema = z.record(z.string(), z.int().min(0));

/**
 * `folder` holds vocab.json and merges.txt (CLIP), or tokenizer.json (WordLevel). `positions` is how many ids the
 * text encoder has places for, where its configuration says.
 * Throws a GenerationError `model-broken` that names the file.
 */
export async function readTokenizer(
  folder: string,
  positions: number | undefined,
): Promise<Tokenizer> {
  const read = createFolderReader(folder);
  const vocabularyText = await read('vocab.json');
  const mergesText = await read('merges.txt');
  if (vocabularyText !== undefined && mergesText !== undefined) {
    return createFromClipFiles(read, { vocabularyText, mergesText }, positions);
  }
  const tokenizerText = await read('tokenizer.json');
  if (tokenizerText !== undefined) {
    return createFromTokenizerFile(parseTokenizerJson('tokenizer.json', tokenizerText), positions);
  }
  throw new GenerationError(
    'model-broken',
    vocabularyText === undefined
      ? 'The model has no tokenizer that can be read: put tokenizer/vocab.json and tokenizer/merges.txt, or tokenizer/tokenizer.json, into its folder.'
      : 'The model has tokenizer/vocab.json but not the tokenizer/merges.txt that belongs to it; add that file.',
  );
}

async function createFromClipFiles(
  read: FolderReader,
  texts: { vocabularyText: string; mergesText: string },
  positions: number | undefined,
): Promise<Tokenizer> {
  const vocabulary = parseWith(vocabularySchema, 'vocab.json', texts.vocabularyText);
  const config = parseWith(
    tokenizerConfigSchema,
    'tokenizer_config.json',
    (await read('tokenizer_config.json')) ?? '{}',
  );
  const map = parseWith(
    specialTokensSchema,
    'special_tokens_map.json',
    (await read('special_tokens_map.json')) ?? '{}',
  );
  try {
    return createClipTokenizer({
      vocabulary: new Map(Object.entries(vocabulary)),
      merges: parseMerges(texts.mergesText),
      specialTokens: chooseSpecialTokens(config, map),
      maxLength: Math.min(config.model_max_length ?? CLIP_MAX_LENGTH, positions ?? CLIP_MAX_LENGTH),
    });
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw brokenFile('vocab.json', cause.message, cause);
  }
}

/**
 * Files written since added_tokens_decoder exists say everything in tokenizer_config.json; in older ones the map
 * has the last word (Stable Diffusion 2 pads with "!" only there).
 */
function chooseSpecialTokens(
  config: z.infer<typeof tokenizerConfigSchema>,
  map: SpecialTokens,
): { start: string; end: string; pad: string; unknown: string } {
  const [first, second] = config.added_tokens_decoder === undefined ? [map, config] : [config, map];
  const end = first.eos_token ?? second.eos_token ?? '<|endoftext|>';
  return {
    start: first.bos_token ?? second.bos_token ?? '<|startoftext|>',
    end,
    pad: first.pad_token ?? second.pad_token ?? end,
    unknown: first.unk_token ?? second.unk_token ?? end,
  };
}

function parseMerges(text: string): string[] {
  const merges = text
    .split(/\r?\n/)
    .filter((line, index) => line !== '' && !(index === 0 && line.startsWith('#version')));
  const odd = merges.find((line) => !/^\S+ \S+$/u.test(line));
  if (odd === undefined) return merges;
  throw brokenFile(
    'merges.txt',
    `its line "${odd.slice(0, 40)}" is not two symbols with a blank between`,
  );
}

type FolderReader = (file: string) => Promise<string | undefined>;

/** The text of a file; undefined when there is none. */
function createFolderReader(folder: string): FolderReader {
  return async (file) => {
    try {
      return await readFile(join(folder, file), 'utf8');
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw brokenFile(file, 'it cannot be read', cause);
    }
  };
}

function parseTokenizerJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw brokenFile(file, 'it is not valid JSON', cause);
  }
}

function parseWith<Schema extends z.ZodType>(
  schema: Schema,
  file: string,
  text: string,
): z.infer<Schema> {
  const result = schema.safeParse(parseTokenizerJson(file, text));
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw brokenFile(file, `"${issue?.path.join('.')}": ${issue?.message}`, result.error);
}

function brokenFile(file: string, reason: string, cause?: unknown): GenerationError {
  return new GenerationError(
    'model-broken',
    `The model's tokenizer/${file} cannot be used (${reason}); fetch that file again.`,
    { cause },
  );
}

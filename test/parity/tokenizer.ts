/** The CLIP tokenizer against the token ids of the reference, prompt by prompt. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { createClipTokenizer } from '../../gpu-function/prompt/clip-tokenizer.ts';
import { readTokenizer } from '../../gpu-function/prompt/read-tokenizer.ts';
import type { CaseResult } from './case-result.ts';
import { maxAbsoluteError } from './case-result.ts';

const promptSchema = z.looseObject({
  id: z.int(),
  group: z.string(),
  text: z.string(),
  input_ids_77: z.array(z.int()),
  truncated: z.boolean(),
});
const paddedPromptSchema = z.looseObject({ text: z.string(), input_ids_77: z.array(z.int()) });

const CLIP_POSITIONS = 77;

/** `folder` holds tokenizer/clip-vocab and tokenizer/prompts.json; nothing is yielded where it does not. */
export async function* checkTokenizer(folder: string): AsyncGenerator<CaseResult> {
  const vocabularyFolder = join(folder, 'tokenizer', 'clip-vocab');
  const prompts = await readJson(folder, 'prompts.json', z.array(promptSchema));
  if (prompts !== undefined) {
    const tokenizer = await readTokenizer(vocabularyFolder, CLIP_POSITIONS);
    for (const { id, group, text, input_ids_77: expected, truncated } of prompts) {
      const { ids, truncatedText } = tokenizer.tokenize(text);
      const name = `tokenizer ${group} #${id}`;
      yield truncated === (truncatedText !== '')
        ? compareIds(name, ids, expected)
        : { kind: 'broken', name, reason: `truncated "${truncatedText}", expected ${truncated}` };
    }
  }
  const padded = await readJson(
    folder,
    'padding_with_exclamation_mark.json',
    z.array(paddedPromptSchema),
  );
  if (padded !== undefined) {
    const tokenizer = await createExclamationTokenizer(vocabularyFolder);
    for (const [index, { text, input_ids_77: expected }] of padded.entries()) {
      yield compareIds(`tokenizer padding "!" #${index}`, tokenizer.tokenize(text).ids, expected);
    }
  }
}

/** Ids are names, not amounts: they are equal or they are not. */
function compareIds(name: string, ids: readonly number[], expected: readonly number[]): CaseResult {
  return {
    kind: 'compared',
    name,
    maxAbsoluteError: maxAbsoluteError(ids, expected),
    tolerance: 0,
  };
}

/** The vocabulary as Stable Diffusion 2 uses it. */
async function createExclamationTokenizer(folder: string) {
  const vocabulary = JSON.parse(await readFile(join(folder, 'vocab.json'), 'utf8')) as object;
  const merges = await readFile(join(folder, 'merges.txt'), 'utf8');
  const end = '<|endoftext|>';
  return createClipTokenizer({
    vocabulary: new Map(Object.entries(vocabulary)),
    merges: merges.trimEnd().split('\n').slice(1),
    specialTokens: { start: '<|startoftext|>', end, pad: '!', unknown: end },
    maxLength: CLIP_POSITIONS,
  });
}

async function readJson<Schema extends z.ZodType>(
  folder: string,
  file: string,
  schema: Schema,
): Promise<z.infer<Schema> | undefined> {
  try {
    return schema.parse(JSON.parse(await readFile(join(folder, 'tokenizer', file), 'utf8')));
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw thrown;
  }
}

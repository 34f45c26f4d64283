/** The CLIP tokenizer against the token ids of the reference, prompt by prompt. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { createClipTokenizer } from '../../gpu-function/prompt/clip-tokenizer.ts';
import { readTokenizer } from '../../gpu-function/prompt/read-tokenizer.ts';
import type { CaseResult } from './case-result.ts';
import { maxAbsoluteError } from './case-result.ts';
import { readReference } from './reference-file.ts';

const promptSchema = z.looseObject({
  id: z.int(),
  group: z.string(),
  text: z.string(),
  input_ids_77: z.array(z.int()),
  truncated: z.boolean(),
});
const paddedPromptSchema = z.looseObject({ text: z.string(), input_ids_77: z.array(z.int()) });

const CLIP_POSITIONS = 77;

/** `folder` is the reference's `tokenizer`. */
export async function* checkTokenizer(folder: string): AsyncGenerator<CaseResult> {
  const vocabularyFolder = join(folder, 'clip-vocab');
  const tokenizer = await readTokenizer(vocabularyFolder, CLIP_POSITIONS);
  const prompts = await readReference(join(folder, 'prompts.json'), z.array(promptSchema));
  for (const { id, group, text, input_ids_77: expected, truncated } of prompts) {
    const { ids, truncatedText } = tokenizer.tokenize(text);
    const name = `tokenizer ${group} #${id}`;
    yield truncated === (truncatedText !== '')
      ? compareIds(name, ids, expected)
      : { kind: 'broken', name, reason: `truncated "${truncatedText}", expected ${truncated}` };
  }
  const padded = await readReference(
    join(folder, 'padding_with_exclamation_mark.json'),
    z.array(paddedPromptSchema),
  );
  const exclamationTokenizer = await createExclamationTokenizer(vocabularyFolder);
  for (const [index, { text, input_ids_77: expected }] of padded.entries()) {
    const { ids } = exclamationTokenizer.tokenize(text);
    yield compareIds(`tokenizer padding "!" #${index}`, ids, expected);
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

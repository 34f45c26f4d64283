/** Prompts longer than the text encoder reads: chunks of 75 tokens, cut where people of WebUI and ComfyUI expect it. */
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { readPrompt } from '../../../gpu-function/pipeline/read-prompt.ts';
import { readTokenizer } from '../../../gpu-function/prompt/read-tokenizer.ts';
import type { Tokenizer } from '../../../gpu-function/prompt/tokenizer.ts';
import { referenceFolder } from '../../fixture-paths.ts';

let clip: Tokenizer;
beforeAll(async () => {
  clip = await readTokenizer(join(referenceFolder, 'tokenizer', 'clip-vocab'), 77);
});

const START = 49_406;
const END = 49_407;
/** One token each. */
const words = (count: number, word = 'cat') => Array.from({ length: count }, () => word).join(' ');
const read = (
  text: string,
  weighting: 'webui' | 'comfyui' | 'none' = 'webui',
  isLengthFixed = false,
) => readPrompt(clip, text, { weighting, isLengthFixed });

describe('a plain prompt', () => {
  test.each(['', 'a red apple', words(75), 'Ünïcode 🍎 and "quotes"!'])(
    'is the one list that it always was: %.30s',
    (text) => {
      for (const weighting of ['webui', 'comfyui', 'none'] as const) {
        expect(read(text, weighting)).toEqual({
          chunks: [{ ids: clip.tokenize(text).ids }],
          truncatedText: '',
        });
      }
    },
  );
});

describe('a long prompt', () => {
  test('goes on in the next chunk, each with start, end and padding', () => {
    const { chunks, truncatedText } = read(words(80));
    expect(truncatedText).toBe('');
    expect(chunks.map(({ ids }) => [ids.length, ids[0], ids[76]])).toEqual([
      [77, START, END],
      [77, START, END],
    ]);
    expect(chunks[1]?.ids).toEqual(clip.tokenize(words(5)).ids);
  });

  test('is cut behind a comma that is near, as in WebUI', () => {
    const { chunks } = read(`${words(60)}, ${words(20, 'dog')}`);
    expect(chunks[0]?.ids).toEqual(clip.tokenize(`${words(60)},`).ids);
    expect(chunks[1]?.ids).toEqual(clip.tokenize(words(20, 'dog')).ids);
    const far = read(`${words(40)}, ${words(40, 'dog')}`);
    expect(far.chunks[1]?.ids).toEqual(clip.tokenize(words(6, 'dog')).ids);
  });

  test('keeps its words whole in ComfyUI', () => {
    const long = 'abcdefghij';
    const tokens = clip.pieces(long).pieces[0]?.ids.length ?? 0;
    expect(tokens).toBeGreaterThan(1);
    const text = `${words(76 - tokens)} ${long}`;
    expect(read(text, 'comfyui').chunks[1]?.ids).toEqual(clip.tokenize(long).ids);
    expect(read(text, 'webui').chunks[1]?.ids).not.toEqual(clip.tokenize(long).ids);
  });

  test('begins a new chunk at BREAK', () => {
    const { chunks } = read('cat BREAK dog');
    expect(chunks.map(({ ids }) => ids)).toEqual([
      clip.tokenize('cat').ids,
      clip.tokenize('dog').ids,
    ]);
  });

  test('is cut, and says so, where the rule or the network wants one list', () => {
    for (const { chunks, truncatedText } of [
      read(`${words(75)} dog bird`, 'none'),
      read(`${words(75)} dog bird`, 'webui', true),
    ]) {
      expect(chunks).toEqual([{ ids: clip.tokenize(words(75)).ids }]);
      expect(truncatedText).toBe('dog bird');
    }
  });

  test('ends after eight chunks, whatever a prompt of 2,000 characters holds', () => {
    const { chunks, truncatedText } = read('🜁'.repeat(1_000));
    expect(chunks).toHaveLength(8);
    expect(truncatedText.length).toBeGreaterThan(100);
  });
});

test('a weight belongs to the tokens of its words', () => {
  const { chunks } = read('a (red:1.5) apple');
  expect(chunks).toHaveLength(1);
  expect(chunks[0]?.ids).toEqual(clip.tokenize('a red apple').ids);
  expect(chunks[0]?.weights?.slice(0, 6)).toEqual([1, 1, 1.5, 1, 1, 1]);
});

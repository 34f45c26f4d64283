/** CLIP's tokenizer gives the ids that the networks were trained on, and says which words it left out. */
import * as fc from 'fast-check';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createClipTokenizer } from '../../../gpu-function/prompt/clip-tokenizer.ts';
import { readTokenizer } from '../../../gpu-function/prompt/read-tokenizer.ts';
import { referenceFolder, tinyModelFolder } from '../../fixture-paths.ts';
import { isFailure } from '../../parity/case-result.ts';
import { checkTokenizer } from '../../parity/tokenizer.ts';

const clip = await readTokenizer(join(referenceFolder, 'tokenizer', 'clip-vocab'), 77);
const tiny = await readTokenizer(join(tinyModelFolder, 'tokenizer'), 77);

test('every reference prompt has the ids of the reference', async () => {
  const results = [];
  for await (const result of checkTokenizer(join(referenceFolder, 'tokenizer')))
    results.push(result);
  expect(results).toHaveLength(64);
  expect(results.filter(isFailure)).toEqual([]);
});

test('the start, the end and the padding are those of the model', () => {
  const { ids } = tiny.tokenize('');
  expect(ids).toHaveLength(77);
  expect(ids[0]).toBe(998);
  expect(new Set(ids.slice(1))).toEqual(new Set([999]));
});

describe('words that do not fit', () => {
  const filler = 'word '.repeat(74);

  test('are given back as they were typed, case and accents kept', () => {
    const { ids, truncatedText } = clip.tokenize(`${filler}The Castle Übër  the BRIDGE`);
    expect(truncatedText).toBe('Castle Übër the BRIDGE');
    expect(ids).toHaveLength(77);
    expect(ids.at(-1)).toBe(49407);
  });

  test('none are reported when the last place is just taken', () => {
    expect(clip.tokenize(`${filler}the`).truncatedText).toBe('');
  });

  test('a word whose second half is cut off counts as left out', () => {
    const { truncatedText } = clip.tokenize(`${filler}abcdefghijklmnop`);
    expect(truncatedText).toBe('abcdefghijklmnop');
  });
});

test('a prompt may hold anything: the list is always 77 ids of the vocabulary', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (prompt) => {
      const { ids } = tiny.tokenize(prompt);
      expect(ids).toHaveLength(77);
      expect(ids.every((id) => Number.isInteger(id) && id >= 0 && id < 1000)).toBe(true);
    }),
  );
});

test('the longest prompt of one odd word takes a moment, not seconds', () => {
  const startedMs = performance.now();
  clip.tokenize('🜁'.repeat(2_000));
  expect(performance.now() - startedMs).toBeLessThan(1_000);
});

test('a vocabulary without the special tokens is refused', () => {
  const build = () =>
    createClipTokenizer({
      vocabulary: new Map([['a', 0]]),
      merges: [],
      specialTokens: { start: '<s>', end: '</s>', pad: '</s>', unknown: '</s>' },
      maxLength: 77,
    });
  expect(build).toThrow('"<s>"');
});

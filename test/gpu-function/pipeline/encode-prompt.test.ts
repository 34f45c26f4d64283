/** What the network is told of the words, and what the person is told when not all of them could be told. */
import { describe, expect, test } from 'vitest';
import { encodePrompts } from '../../../gpu-function/pipeline/encode-prompt.ts';
import {
  tokenizePrompts,
  type TokenizedRow,
} from '../../../gpu-function/pipeline/tokenize-prompts.ts';
import { createArithmeticModel } from '../../fakes/arithmetic-image-model.ts';
import { createSettings } from '../../fakes/settings.ts';

const model = createArithmeticModel();
const firstLetters = (text: string) =>
  Array.from({ length: 6 }, (_, index) => text.split(' ')[index]?.charCodeAt(0) ?? 0);
const rowOf = (text: string): TokenizedRow => ({
  stages: [[{ ids: firstLetters(text) }]],
  weighting: 'webui',
  clipSkip: 0,
  isZeroed: false,
});

describe('words', () => {
  test('with guidance: the negative prompt first, an empty one too', () => {
    const settings = createSettings({ negativePrompt: 'blurry text' });
    expect(tokenizePrompts(model, settings)).toEqual({
      rows: [rowOf('blurry text'), rowOf('a red apple')],
      notes: [],
    });
    expect(tokenizePrompts(model, createSettings()).rows).toHaveLength(2);
  });

  test.each([0, 0.5, 1])('guidance %d is the prompt alone', (guidanceScale) => {
    expect(tokenizePrompts(model, createSettings({ guidanceScale }))).toEqual({
      rows: [rowOf('a red apple')],
      notes: [],
    });
    const { notes } = tokenizePrompts(
      model,
      createSettings({ guidanceScale, negativePrompt: 'text' }),
    );
    expect(notes).toEqual([
      'The negative prompt has no effect without guidance; choose a guidance above 1.',
    ]);
  });

  test('an empty negative prompt is zeros where the model was trained so', async () => {
    const zeroing = createArithmeticModel({ zeroesEmptyNegative: true });
    const zeroed = tokenizePrompts(zeroing, createSettings()).rows;
    expect(zeroed.map(({ isZeroed }) => isZeroed)).toEqual([true, false]);
    const { promptEmbedding } = await encodePrompts(zeroing, zeroed, 1);
    expect(promptEmbedding.data.slice(0, 18)).toEqual(new Float32Array(18));
    expect(promptEmbedding.data.slice(18)).not.toEqual(new Float32Array(18));
    const { rows } = tokenizePrompts(zeroing, createSettings({ negativePrompt: 'text' }));
    expect(rows.map(({ isZeroed }) => isZeroed)).toEqual([false, false]);
  });

  test('a model that takes the guidance as a number reads the prompt alone', () => {
    const distilled = createArithmeticModel({ guidanceEmbeddingWidth: 8 });
    const { rows, notes } = tokenizePrompts(distilled, createSettings({ negativePrompt: 'text' }));
    expect(rows).toEqual([rowOf('a red apple')]);
    expect(notes).toEqual([expect.stringContaining('takes its guidance as a number')]);
  });

  test('a style puts its words around the prompt, not around the negative one', () => {
    const settings = createSettings({ style: 'bright', negativePrompt: 'text' });
    expect(tokenizePrompts(model, settings).rows).toEqual([
      rowOf('text'),
      rowOf('a red apple bright'),
    ]);
  });

  test('those that did not fit are named, shortened when they are many', () => {
    const settings = createSettings({
      prompt: 'one two three four five six seven eight',
      negativePrompt: `1 2 3 4 5 6 ${'🍎'.repeat(90)}`,
    });
    expect(tokenizePrompts(model, settings).notes).toEqual([
      'The prompt is longer than the model reads; it did not see "seven eight".',
      `The negative prompt is longer than the model reads; it did not see "${'🍎'.repeat(80)}…".`,
    ]);
  });
});

describe('weights', () => {
  const encode = async (prompt: string, promptWeighting?: 'webui' | 'comfyui' | 'none') => {
    const settings = createSettings({ prompt, guidanceScale: 1, promptWeighting });
    const { rows } = tokenizePrompts(model, settings);
    return (await encodePrompts(model, rows, 1)).promptEmbedding.data;
  };
  const meanOf = (data: Float32Array) => data.reduce((sum, value) => sum + value, 0) / data.length;

  test('change one word more than the others, and not the mean', async () => {
    const [plain, weighted] = [await encode('a red apple'), await encode('a (red:1.5) apple')];
    expect(meanOf(weighted)).toBeCloseTo(meanOf(plain), 5);
    const factor = (token: number) => (weighted[token * 3] ?? 0) / (plain[token * 3] ?? 1);
    expect(factor(1) / factor(0)).toBeCloseTo(1.5, 4);
    expect(factor(2) / factor(0)).toBeCloseTo(1, 4);
  });

  test("move a word away from the empty prompt under ComfyUI's rule, and leave the others", async () => {
    const [plain, weighted] = [
      await encode('a red apple'),
      await encode('a (red:1.5) apple', 'comfyui'),
    ];
    const empty = await encode('', 'comfyui');
    for (const at of [3, 4, 5]) {
      const from = empty[at] ?? 0;
      expect(weighted[at]).toBeCloseTo(from + 1.5 * ((plain[at] ?? 0) - from), 5);
    }
    expect([...weighted.slice(0, 3), ...weighted.slice(6)]).toEqual([
      ...plain.slice(0, 3),
      ...plain.slice(6),
    ]);
  });

  test('are brackets like any others where they are not wanted', async () => {
    expect(await encode('(red:1.5)', 'none')).toEqual(
      await encode(String.raw`\(red:1.5\)`, 'webui'),
    );
  });

  test('clip skip counts from 1, and diffusers skips for the prompt alone', () => {
    const skips = (promptWeighting?: 'none') =>
      tokenizePrompts(model, createSettings({ clipSkip: 2, promptWeighting })).rows.map(
        ({ clipSkip }) => clipSkip,
      );
    expect(skips()).toEqual([1, 1]);
    expect(skips('none')).toEqual([0, 1]);
  });
});

describe('the embedding', () => {
  test('is made once and repeated for each picture, negatives first', async () => {
    const counting = createArithmeticModel();
    const rows = [rowOf('no'), rowOf('yes')];
    const { promptEmbedding: one } = await encodePrompts(counting, rows, 1);
    const { promptEmbedding: three } = await encodePrompts(counting, rows, 3);
    expect(counting.encodedIds).toHaveLength(4);
    expect([one.shape, three.shape]).toEqual([
      [2, 6, 3],
      [6, 6, 3],
    ]);
    const row = (tensor: typeof one, index: number) => [
      ...tensor.data.subarray(index * 18, index * 18 + 18),
    ];
    const [negative, positive] = [row(one, 0), row(one, 1)];
    expect(negative).not.toEqual(positive);
    expect([0, 1, 2, 3, 4, 5].map((index) => row(three, index))).toEqual([
      negative,
      negative,
      negative,
      positive,
      positive,
      positive,
    ]);
  });
});

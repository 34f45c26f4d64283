/** The digits package as a person meets it: any wording of a digit, every class drawn, in the product's own loader. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadImageModel } from '../../../gpu-function/onnx/image-model.ts';
import type { ImageModel } from '../../../gpu-function/pipeline/ports.ts';
import { readPackage } from '../../../models/read-package.ts';
import { verifyPackage } from '../../../models/verify-package.ts';
import { drawPrompts, packageFolder, readDigits } from './draw-digits.ts';

/** 100 measures the 1,000 digits of the model card; a few are enough to see that nothing broke. */
const DIGITS_PER_CLASS = Number(process.env['DIGITS_PER_CLASS'] ?? 3);
const CLASSES = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

let model: ImageModel;
beforeAll(async () => {
  model = await loadImageModel(packageFolder, { provider: 'cpu' });
});
afterAll(() => model.dispose());

const embed = async (prompt: string) => {
  const embedding = await model.encodePrompt([model.tokenize(prompt).ids]);
  return [...embedding.data];
};

test('every file is as its manifest says', async () => {
  const modelPackage = await readPackage(packageFolder, 'ddpm-mnist');
  const found = {
    status: 'usable',
    id: 'ddpm-mnist',
    folder: packageFolder,
    modelPackage,
  } as const;
  expect(await verifyPackage(found)).toMatchObject({ status: 'ok', problems: [] });
});

test('a digit may be a figure or a word, anywhere in the prompt', async () => {
  const seven = await embed('7');
  expect(await embed('a handwritten 7')).toEqual(seven);
  expect(await embed('SEVEN, please')).toEqual(seven);
  expect(await embed('a handwritten 8')).not.toEqual(seven);
});

test('of several digits the first is drawn', async () => {
  expect(await embed('42')).toEqual(await embed('four'));
});

test('a prompt without a digit asks for any, as the empty prompt of guidance does', async () => {
  expect(await embed('a red apple')).toEqual(await embed(''));
});

test('the default is what its card promises', () => {
  expect(model.description.defaults).toMatchObject({
    widthPx: 32,
    heightPx: 32,
    sampler: 'ddim',
    steps: 50,
  });
});

test('50 steps of DDIM draw the digit that was asked for', { timeout: 1_800_000 }, async () => {
  let right = 0;
  for (let round = 0; round < DIGITS_PER_CLASS; round++) {
    const prompts = CLASSES.map((digit) => `a handwritten ${digit}`);
    const pictures = await drawPrompts(model, prompts, { sampler: 'ddim', steps: 50, seed: round });
    const read = await readDigits(pictures);
    right += CLASSES.filter((digit) => read[digit] === digit).length;
  }
  const share = right / (CLASSES.length * DIGITS_PER_CLASS);
  // With a few digits one more or less is chance; with many the goal itself is asked for.
  expect(share).toBeGreaterThanOrEqual(DIGITS_PER_CLASS >= 50 ? 0.97 : 0.9);
});

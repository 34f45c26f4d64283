/**
 * What the built-in model makes of its own pictures, kept and compared as in ../golden.test.ts, and measured: variations
 * stay recognisable and grow with strength, seams are no edges. `GOLDEN=write` writes the kept pictures anew.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { STRENGTHS } from '#contract/strengths.ts';
import { createModelLibrary } from '../../../../gpu-function/onnx/model-library.ts';
import { createEngine } from '../../../../gpu-function/pipeline/engine.ts';
import { modelFolders } from '../../../../models/store.ts';
import { edit, toPixels } from '../../../fakes/editing-trial.ts';
import { gradientAcross, meanDifference } from '../../../fakes/picture-quality.ts';

const FOLDER = join(import.meta.dirname, '../../../golden');
const isWriting = process.env['GOLDEN'] === 'write';
/** In 8-bit steps; wider than a drawing from noise, since the encoder's last bits come on top. */
const TOLERANCE = { mean: 0.3, max: 10 };

const library = createModelLibrary({ folders: modelFolders(undefined), provider: 'cpu' });
const engine = createEngine({ library, clock: { nowMs: () => performance.now() } });
afterAll(() => engine.close());

/** Everything is given, so that a new default changes no picture. */
const COMMON = {
  guidanceScale: 3,
  guidanceRescale: 0.5,
  spacing: 'trailing',
  sampler: 'euler-ancestral',
  steps: 8,
} as const;
const star = readFileSync(join(FOLDER, 'yellow-star-at-night.png'));
const MASK = { kind: 'rectangle', left: 0.5, top: 0, right: 1, bottom: 0.5 } as const;

const EDITS: Readonly<Record<string, Parameters<typeof edit>[2]>> = {
  'edit-image-to-image': { prompt: 'a yellow star at night', seed: 5, strength: 0.5 },
  'edit-inpaint': {
    prompt: 'a pink heart',
    seed: 5,
    strength: 1,
    inpaint: { mask: MASK, area: 'only-masked', featherPx: 4, paddingPx: 8 },
  },
  'edit-zoom': {
    prompt: 'a yellow star at night',
    seed: 5,
    strength: 0.5,
    outpaint: { kind: 'zoom', factor: 1.5 },
  },
  'edit-pan': {
    prompt: 'a yellow star at night',
    seed: 5,
    strength: 0.5,
    outpaint: { kind: 'pan', direction: 'right', amount: 0.5 },
  },
};

describe('the built-in model', () => {
  test.each(Object.keys(EDITS))('makes %s as it always did', async (name) => {
    const { images } = await edit(engine, star, { ...COMMON, ...EDITS[name] });
    const path = join(FOLDER, `${name}.png`);
    if (isWriting) writeFileSync(path, images[0] ?? Buffer.alloc(0));
    const [drawn, kept] = await Promise.all([toPixels(images[0]), toPixels(readFileSync(path))]);
    expect([drawn.widthPx, drawn.heightPx]).toEqual([kept.widthPx, kept.heightPx]);
    expect(meanDifference(drawn.pixels, kept.pixels)).toBeLessThanOrEqual(TOLERANCE.mean);
    let largest = 0;
    for (const [at, value] of drawn.pixels.entries()) {
      largest = Math.max(largest, Math.abs(value - (kept.pixels[at] ?? 0)));
    }
    expect(largest).toBeLessThanOrEqual(TOLERANCE.max);
  });

  test('a subtle change is smaller than a strong one, and that than another picture', async () => {
    const prompt = 'a blue car';
    const drawing = { ...COMMON, prompt, seed: 11 };
    const original = (await edit(engine, undefined, drawing)).images[0];
    const before = await toPixels(original);
    const distance = async (file: Uint8Array | undefined) =>
      meanDifference((await toPixels(file)).pixels, before.pixels);
    const meanOver = async (draw: (seed: number) => Promise<number>) =>
      ((await draw(900)) + (await draw(901)) + (await draw(902))) / 3;
    const vary = (strength: number) =>
      meanOver(async (seed) => {
        const variations = [{ seed, strength }];
        return distance((await edit(engine, undefined, { ...drawing, variations })).images[0]);
      });
    const redraw = (strength: number) =>
      meanOver(async (seed) =>
        distance((await edit(engine, original, { ...drawing, seed, strength })).images[0]),
      );
    const reroll = await meanOver(async (seed) =>
      distance((await edit(engine, undefined, { ...drawing, seed })).images[0]),
    );
    const { variation, imageToImage } = STRENGTHS;
    const [subtle, strong] = [await vary(variation.subtle), await vary(variation.strong)];
    const [near, far] = [await redraw(imageToImage.subtle), await redraw(imageToImage.strong)];
    const shown = (value: number) => value.toFixed(1);
    process.stdout.write(
      `variation ${shown(subtle)} < ${shown(strong)} < reroll ${shown(reroll)}; ` +
        `image-to-image ${shown(near)} < ${shown(far)} (mean of 255)\n`,
    );
    expect(subtle).toBeLessThan(strong);
    expect(strong).toBeLessThan(reroll);
    expect(near).toBeLessThan(far);
    expect(far).toBeLessThan(reroll);
  });

  test('the seam of a pan is no edge: no steeper than what is in the picture', async () => {
    const pan = await toPixels(readFileSync(join(FOLDER, 'edit-pan.png')));
    const own = Array.from({ length: pan.widthPx - 1 }, (_, index) =>
      gradientAcross(pan, index + 1),
    );
    const steepest = own.toSorted((a, b) => a - b).at(Math.floor(own.length * 0.9)) ?? 0;
    process.stdout.write(
      `seam of a pan ${gradientAcross(pan, 128).toFixed(2)}, 9 in 10 columns below ${steepest.toFixed(2)}\n`,
    );
    expect(gradientAcross(pan, 128)).toBeLessThanOrEqual(steepest);
  });

  test('seamless textures go on across their edges as smoothly as inside', async () => {
    let [seams, insides] = [0, 0];
    for (const prompt of ['water', 'leaves', 'a red apple']) {
      const settings = { ...COMMON, prompt, seed: 10, tile: true };
      const picture = await toPixels((await edit(engine, undefined, settings)).images[0]);
      const columns = Array.from({ length: 127 }, (_, at) => gradientAcross(picture, at + 1));
      insides += columns.toSorted((a, b) => a - b).at(Math.floor(columns.length * 0.8)) ?? 0;
      seams += gradientAcross(picture, 0);
    }
    process.stdout.write(
      `seams of textures ${(seams / 3).toFixed(2)}, 8 in 10 columns below ${(insides / 3).toFixed(2)}\n`,
    );
    expect(seams).toBeLessThanOrEqual(insides);
  });
});

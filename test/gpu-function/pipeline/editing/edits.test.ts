/** What an edit promises whatever the model: what is kept is kept to the byte, sizes come out as said, mistakes are named. */
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { readPngTexts } from '#contract/png-text.ts';
import { readRecipe, readRecipeDetails } from '#contract/recipe.ts';
import { createEngine } from '../../../../gpu-function/pipeline/engine.ts';
import { planEdit } from '../../../../gpu-function/pipeline/editing/plan-edit.ts';
import { createArithmeticModel, createLibraryOf } from '../../../fakes/arithmetic-image-model.ts';
import {
  createPhotograph,
  edit,
  editRequest,
  inline,
  toPixels,
} from '../../../fakes/editing-trial.ts';
import { gradientAcross } from '../../../fakes/picture-quality.ts';
import { runEngine } from '../../../fakes/run-engine.ts';

const engine = createEngine({
  library: createLibraryOf(createArithmeticModel()),
  clock: { nowMs: () => performance.now() },
});
const photograph = await createPhotograph(80, 64);

describe('inpainting', () => {
  const rectangle = { kind: 'rectangle', left: 0.3, top: 0.25, right: 0.7, bottom: 0.75 } as const;
  const isInside = (x: number, y: number) => x >= 24 && x < 56 && y >= 16 && y < 48;

  test.each(['whole', 'only-masked'] as const)(
    '%s: nothing outside the mask changes by one byte, the middle of it does',
    async (area) => {
      const { images, result } = await edit(engine, photograph, {
        inpaint: { mask: rectangle, area, featherPx: 3 },
      });
      const [before, after] = await Promise.all([toPixels(photograph), toPixels(images[0])]);
      expect([after.widthPx, after.heightPx]).toEqual([80, 64]);
      const changed = [...after.pixels.keys()].filter(
        (at) => after.pixels[at] !== before.pixels[at],
      );
      const outside = changed.filter((at) => {
        return !isInside(Math.floor(at / 3) % 80, Math.floor(at / 240));
      });
      expect(outside).toEqual([]);
      expect(changed.length).toBeGreaterThan(1_500);
      expect(result.settings?.inpaint).toMatchObject({ area, featherPx: 3 });
      expect(result.lineage).toMatchObject({ action: 'inpaint' });
    },
  );

  test('the edge is as soft as asked: with a feather the first pixels inside hardly differ', async () => {
    const difference = async (featherPx: number) => {
      const { images } = await edit(engine, photograph, {
        inpaint: { mask: rectangle, featherPx },
      });
      const [before, after] = await Promise.all([toPixels(photograph), toPixels(images[0])]);
      let sum = 0;
      for (let y = 20; y < 44; y++) {
        const at = (y * 80 + 24) * 3;
        sum += Math.abs((after.pixels[at] ?? 0) - (before.pixels[at] ?? 0));
      }
      return sum;
    };
    expect(await difference(12)).toBeLessThan((await difference(0)) / 4);
  });

  test('an uploaded mask of another size, grey, with transparency marks its white part', async () => {
    const svg = `<svg width="160" height="128"><rect width="160" height="128" fill="#000"/><rect x="80" width="80" height="128" fill="#ddd"/></svg>`;
    const image = inline(await sharp(Buffer.from(svg)).png().toBuffer());
    const { images } = await edit(engine, photograph, {
      inpaint: { mask: { kind: 'image', image } },
    });
    const [before, after] = await Promise.all([toPixels(photograph), toPixels(images[0])]);
    const row = (picture: typeof before, from: number, to: number) =>
      picture.pixels.slice((30 * 80 + from) * 3, (30 * 80 + to) * 3);
    expect(row(after, 0, 40)).toEqual(row(before, 0, 40));
    expect(row(after, 50, 80)).not.toEqual(row(before, 50, 80));
  });

  test('transparency outside the mask stays', async () => {
    const seeThrough = await sharp({
      create: {
        width: 64,
        height: 64,
        channels: 4,
        background: { r: 9, g: 90, b: 200, alpha: 0.25 },
      },
    })
      .png()
      .toBuffer();
    const { images } = await edit(engine, seeThrough, {
      inpaint: { mask: { kind: 'cells', columns: 2, rows: 2, cells: [3] } },
    });
    const { data, info } = await sharp(images[0]).raw().toBuffer({ resolveWithObject: true });
    expect(info.channels).toBe(4);
    expect([...data.subarray(0, 4)]).toEqual([9, 90, 200, 64]);
    expect(data[(60 * 64 + 60) * 4 + 3]).toBe(255);
  });

  test.each([
    ['all black', '#000', 'marks nothing, all of it is black'],
    ['of another shape', '#fff', 'The mask is 40×64 and the picture 80×64'],
  ])('a mask that is %s is refused in one sentence', async (name, background, sentence) => {
    const width = name === 'all black' ? 80 : 40;
    const file = await sharp({ create: { width, height: 64, channels: 3, background } })
      .png()
      .toBuffer();
    const request = editRequest(photograph, {
      inpaint: { mask: { kind: 'image', image: inline(file) } },
    });
    await expect(runEngine(engine, request)).rejects.toMatchObject({
      code: 'mask-unusable',
      message: expect.stringContaining(sentence) as string,
    });
  });

  test('an all white mask draws everything anew and says so; a cell that is not there is named', async () => {
    const mask = { kind: 'rectangle', left: 0, top: 0, right: 1, bottom: 1 } as const;
    const { result } = await edit(engine, photograph, { inpaint: { mask } });
    expect(result.notes.join(' ')).toContain('covers the whole picture');
    const request = editRequest(photograph, {
      inpaint: { mask: { kind: 'cells', columns: 3, rows: 3, cells: [1, 9] } },
    });
    await expect(runEngine(engine, request)).rejects.toThrow('cell 9, but a grid of 3×3');
  });
});

describe('going on beyond the edges', () => {
  test('pan grows the canvas on one side, keeps the picture there, and can be done again', async () => {
    const square = await createPhotograph(64, 64);
    const first = await edit(engine, square, { outpaint: { kind: 'pan', direction: 'right' } });
    expect(first.result.images[0]).toMatchObject({ widthPx: 96, heightPx: 64 });
    expect(first.result.settings?.outpaint).toEqual({
      kind: 'pan',
      kept: { left: 0, top: 0, right: 64, bottom: 64 },
    });
    const [before, after] = await Promise.all([toPixels(square), toPixels(first.images[0])]);
    for (const y of [0, 31, 63]) {
      // All but the margin in which the seam is hidden.
      expect(after.pixels.slice(y * 96 * 3, (y * 96 + 56) * 3)).toEqual(
        before.pixels.slice(y * 64 * 3, (y * 64 + 56) * 3),
      );
    }
    const again = await edit(engine, first.images[0], {
      outpaint: { kind: 'pan', direction: 'up', amount: 0.25 },
    });
    expect(again.result.images[0]).toMatchObject({ widthPx: 96, heightPx: 80 });
  });

  test('a picture larger than the model’s own is continued in large windows, not in many small scenes', async () => {
    const { description, sizeMultiplePx, vaeFactor } = createArithmeticModel();
    const side = description.defaults.widthPx * 4;
    const image = await toPixels(await createPhotograph(side, side));
    const { plan } = planEdit({
      request: editRequest(photograph, { outpaint: { kind: 'pan', direction: 'right' } }),
      model: { description, sizeMultiplePx, vaeFactor },
      source: { image, sha256: '', notes: [] },
      maskImage: undefined,
    });
    if (plan.kind !== 'canvas') throw new Error(plan.kind);
    expect(plan.windows.length).toBeLessThanOrEqual(3);
    for (const { area, drawSize } of plan.windows) {
      expect([area.right - area.left, area.bottom - area.top]).toEqual([side, side]);
      expect(drawSize.widthPx * 4).toBe(side);
    }
  });

  test('zoom keeps the size and shrinks the picture into the middle', async () => {
    const { images, result } = await edit(engine, photograph, {
      outpaint: { kind: 'zoom', factor: 2 },
      count: 2,
    });
    expect(images).toHaveLength(2);
    expect(result.images[1]).toMatchObject({ widthPx: 80, heightPx: 64 });
    expect(result.settings?.outpaint?.kept).toEqual({ left: 20, top: 16, right: 60, bottom: 48 });
    const picture = await toPixels(images[0]);
    const own = [...Array(79).keys()].map((x) => gradientAcross(picture, x + 1));
    const largest = Math.max(...own.filter((_, index) => Math.abs(index + 1 - 20) > 4));
    expect(gradientAcross(picture, 20)).toBeLessThanOrEqual(largest);
  });

  test('a canvas that would be too large, and borders of nothing, are refused in one sentence', async () => {
    const large = await sharp({
      create: { width: 4000, height: 40, channels: 3, background: '#fff' },
    })
      .png()
      .toBuffer();
    const borders = { kind: 'borders', leftPx: 200 } as const;
    await expect(
      runEngine(engine, editRequest(large, { outpaint: borders })),
    ).rejects.toMatchObject({
      code: 'size-unsupported',
      message: expect.stringContaining('The canvas would be 4200×40') as string,
    });
    await expect(
      runEngine(engine, editRequest(photograph, { outpaint: { kind: 'borders' } })),
    ).rejects.toThrow('give at least one');
  });
});

describe('image-to-image', () => {
  test('draws at the picture’s size where the model can, and the last steps only', async () => {
    const { result, events } = await edit(engine, await createPhotograph(48, 32), {
      strength: 0.5,
    });
    expect(result.settings).toMatchObject({ widthPx: 48, heightPx: 32, strength: 0.5 });
    expect(events.filter(({ type }) => type === 'step-end')).toHaveLength(3);
    expect(events.find(({ type }) => type === 'job-start')).toMatchObject({ steps: 3 });
  });

  test('the picture tells what it was made from, and does not pretend to be drawn from words', async () => {
    const { images, result } = await edit(engine, photograph, { strength: 0.5 });
    const texts = readPngTexts(images[0] ?? Buffer.alloc(0));
    expect(readRecipe(texts)).toBeUndefined();
    expect(readRecipeDetails(texts)).toMatchObject({
      request: { prompt: 'a red apple', seed: 7 },
      lineage: { action: 'image-to-image', parentSha256: result.settings?.startImage?.sha256 },
      settings: { strength: 0.5, modelDigest: '0123456789abcdef' },
    });
  });

  test.each([
    [{ strength: 0.5 }, undefined, 'request.strength is 0.5; it needs a startImage'],
    [{ startImage: { kind: 'inline', base64: 'AAAA' } }, undefined, 'no picture that can be read'],
  ])('%j is refused', async (changes, _, sentence) => {
    const run = async () => runEngine(engine, editRequest(undefined, changes as object));
    await expect(run()).rejects.toThrow(sentence.replace(/^request\.strength is 0\.5; /, ''));
  });

  test('a picture of one pixel is refused with its size', async () => {
    const dot = await sharp({ create: { width: 1, height: 1, channels: 3, background: '#fff' } })
      .png()
      .toBuffer();
    await expect(runEngine(engine, editRequest(dot, {}))).rejects.toThrow('The picture is 1×1');
  });
});

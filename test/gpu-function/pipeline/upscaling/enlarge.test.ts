/** The built-in upscaler against plain resampling, its tiles, its memory, and a cancel in the middle. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, describe, expect, test } from 'vitest';
import type { JobEventBody } from '#contract/job-event.ts';
import { upscaleRequestSchema } from '#contract/generation-request.ts';
import { readPngTexts } from '#contract/png-text.ts';
import { createToolbox } from '../../../../gpu-function/onnx/toolbox.ts';
import { createEngine } from '../../../../gpu-function/pipeline/engine.ts';
import type { PixelImage } from '../../../../gpu-function/pipeline/pixels.ts';
import { resampleLanczos } from '../../../../gpu-function/pipeline/image-file.ts';
import { enlargePicture } from '../../../../gpu-function/pipeline/upscaling/enlarge-picture.ts';
import { modelFolders } from '../../../../models/store.ts';
import { createArithmeticModel, createLibraryOf } from '../../../fakes/arithmetic-image-model.ts';
import { toPixels } from '../../../fakes/editing-trial.ts';
import { signalToNoise, structuralSimilarity } from '../../../fakes/picture-quality.ts';
import { runEngine } from '../../../fakes/run-engine.ts';

const HELD_OUT = join(import.meta.dirname, '../../../fixtures/enlarger/held-out.png');
const PART_PX = 192;

const toolbox = createToolbox({ folders: modelFolders(undefined), provider: 'cpu' });
const engine = createEngine({
  library: createLibraryOf(createArithmeticModel()),
  toolbox,
  clock: { nowMs: () => performance.now() },
});
afterAll(() => engine.close());

async function openUpscaler() {
  const upscaler = await toolbox.openUpscaler(undefined);
  if (upscaler === undefined) throw new Error('the project comes with an upscaler');
  return upscaler;
}

async function readParts(): Promise<PixelImage[]> {
  const { data, info } = await sharp(await readFile(HELD_OUT))
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const length = PART_PX ** 2 * 3;
  return Array.from({ length: info.height / PART_PX }, (_, index) => ({
    pixels: data.subarray(index * length, (index + 1) * length),
    widthPx: PART_PX,
    heightPx: PART_PX,
    channels: 3 as const,
  }));
}

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

const request = (file: Buffer, changes: object = {}) =>
  upscaleRequestSchema.parse({
    kind: 'upscale',
    image: { kind: 'inline', base64: file.toString('base64') },
    factor: 4,
    ...changes,
  });

describe('on held-out renders', () => {
  test.each([2, 4] as const)('%d times is better than Lanczos by PSNR and SSIM', async (factor) => {
    const upscaler = await openUpscaler();
    const figures = { learned: [[], []], lanczos: [[], []] } as Record<
      string,
      [number[], number[]]
    >;
    for (const part of await readParts()) {
      const side = 48 * factor;
      const wanted = factor === 4 ? part : await resampleLanczos(part, side, side);
      const small = await resampleLanczos(part, 48, 48);
      const learned = await enlargePicture({
        picture: small,
        factor,
        upscaler,
        onTile: () => undefined,
        isCanceled: () => false,
      });
      const plain = await resampleLanczos(small, side, side);
      for (const [name, enlarged] of Object.entries({ learned, lanczos: plain })) {
        figures[name]?.[0].push(signalToNoise(enlarged, wanted));
        figures[name]?.[1].push(structuralSimilarity(enlarged, wanted));
      }
    }
    const [learned, lanczos] = [figures['learned'], figures['lanczos']].map((kinds) =>
      (kinds ?? []).map(mean),
    );
    process.stdout.write(
      `${factor}×: PSNR ${learned?.[0]?.toFixed(2)} dB, SSIM ${learned?.[1]?.toFixed(4)}; ` +
        `Lanczos ${lanczos?.[0]?.toFixed(2)} dB, ${lanczos?.[1]?.toFixed(4)}\n`,
    );
    expect(learned?.[0]).toBeGreaterThan((lanczos?.[0] ?? Infinity) + 1);
    expect(learned?.[1]).toBeGreaterThan(lanczos?.[1] ?? 1);
  });
});

test('tiles show no grid: a picture of many is what it is in one piece', async () => {
  const upscaler = await openUpscaler();
  const [part] = await readParts();
  if (part === undefined) throw new Error('the fixture is empty');
  const picture = await resampleLanczos(part, 330, 250);
  const task = { picture, factor: 4 as const, onTile: () => undefined, isCanceled: () => false };
  const tiled = await enlargePicture({ ...task, upscaler });
  const whole = await enlargePicture({
    ...task,
    upscaler: { ...upscaler, fixedInput: { widthPx: 384, heightPx: 288 } },
  });
  let largest = 0;
  for (const [at, value] of tiled.pixels.entries()) {
    largest = Math.max(largest, Math.abs(value - (whole.pixels[at] ?? 0)));
  }
  expect(largest).toBeLessThanOrEqual(1);
});

test('transparency is enlarged with the colours, and its edge has no halo', async () => {
  const disc = await sharp(
    Buffer.from(
      '<svg width="40" height="40"><circle cx="20" cy="20" r="14" fill="#d02020"/></svg>',
    ),
  )
    .png()
    .toBuffer();
  const { outcome } = await runEngine(engine, request(disc));
  if (outcome.status !== 'succeeded') throw new Error(outcome.status);
  const { data, info } = await sharp(outcome.images[0]).raw().toBuffer({ resolveWithObject: true });
  expect([info.width, info.height, info.channels]).toEqual([160, 160, 4]);
  const at = (x: number, y: number) => [...data.subarray((y * 160 + x) * 4, (y * 160 + x) * 4 + 4)];
  expect(at(2, 2)[3]).toBeLessThan(8);
  expect(at(80, 80)[3]).toBeGreaterThan(247);
  for (let x = 0; x < 160; x++) {
    const [red = 0, green = 0, blue = 0, alpha = 0] = at(x, 80);
    if (alpha < 128) continue;
    expect(red - Math.max(green, blue)).toBeGreaterThan(90);
  }
});

test('says who enlarged it, in words, in the recipe and by the parent’s digest, tile by tile', async () => {
  const file = await sharp({
    create: { width: 300, height: 180, channels: 3, background: '#4080c0' },
  })
    .png()
    .toBuffer();
  const { outcome, events } = await runEngine(engine, request(file, { factor: 2 }));
  if (outcome.status !== 'succeeded') throw new Error(outcome.status);
  expect(outcome.result.notes[0]).toMatch(/^Enlarged by Enlarger 4×/);
  expect(outcome.result.lineage).toMatchObject({ action: 'upscale' });
  expect(outcome.result.images[0]).toMatchObject({ widthPx: 600, heightPx: 360 });
  expect(outcome.result.images[0]?.unsafeScore).toBeLessThan(0.5);
  expect(readPngTexts(outcome.images[0] ?? Buffer.alloc(0)).get('postprocessing')).toBe(
    'Postprocess upscale by: 2, Postprocess upscaler: enlarger-4x',
  );
  const steps = events.filter((event) => event.type === 'step-end');
  expect(steps.length).toBeGreaterThan(3);
  expect(steps.at(-1)).toMatchObject({ step: steps.length, steps: steps.length });
});

test('a cancel is heard between two tiles', async () => {
  const file = await sharp({
    create: { width: 600, height: 600, channels: 3, background: '#4080c0' },
  })
    .png()
    .toBuffer();
  const isStep = ({ type }: JobEventBody) => type === 'step-end';
  const { outcome, events } = await runEngine(
    engine,
    request(file),
    (soFar) => soFar.filter(isStep).length >= 2,
  );
  expect(outcome.status).toBe('canceled');
  expect(events.filter(isStep)).toHaveLength(2);
});

test('an upscaler that is not there is named, with the nearest one', async () => {
  const file = await sharp({ create: { width: 20, height: 20, channels: 3, background: '#fff' } })
    .png()
    .toBuffer();
  await expect(
    runEngine(engine, request(file, { upscalerId: 'enlarger-3x' })),
  ).rejects.toMatchObject({
    code: 'upscaler-unknown',
    message: expect.stringContaining('did you mean "enlarger-4x"?') as string,
  });
  const { outcome } = await runEngine(engine, request(file, { upscalerId: 'lanczos' }));
  expect(outcome).toMatchObject({
    result: { notes: [expect.stringContaining('plain resampling')] },
  });
});

test('creative: the enlarged picture is drawn over window by window, where it is not plain', async () => {
  const half = { create: { width: 8, height: 16, channels: 3, background: '#201008' } } as const;
  const file = await sharp({
    create: { width: 24, height: 16, channels: 3, background: '#40c080' },
  })
    .composite([{ input: await sharp(half).png().toBuffer(), left: 0, top: 0 }])
    .png()
    .toBuffer();
  const creative = { prompt: 'a leaf', seed: 3, steps: 4, strength: 0.5 };
  const { outcome, events } = await runEngine(engine, request(file, { factor: 4, creative }));
  if (outcome.status !== 'succeeded') throw new Error(outcome.status);
  expect(outcome.result.images[0]).toMatchObject({ widthPx: 96, heightPx: 64 });
  expect(outcome.result.settings).toMatchObject({ prompt: 'a leaf', strength: 0.5 });
  const last = events.findLast((event) => event.type === 'step-end');
  expect(last).toMatchObject({ step: last?.steps });
  const plain = await runEngine(engine, request(file));
  if (plain.outcome.status !== 'succeeded') throw new Error(plain.outcome.status);
  const [over, enlarged] = await Promise.all(
    [outcome, plain.outcome].map(async ({ images }) => toPixels(images[0])),
  );
  const changed = [...(over?.pixels.keys() ?? [])].filter(
    (at) => over?.pixels[at] !== enlarged?.pixels[at],
  );
  expect(changed.length).toBeGreaterThan(100);
  // The edge is at 32; what is drawn has faded out half the plain part further on.
  expect(changed.filter((at) => Math.floor(at / 3) % 96 > 60)).toEqual([]);
});

test.skipIf(process.env['LARGE'] === undefined)(
  '4096×4096 in bounded memory (LARGE=1 to run)',
  { timeout: 1_200_000 },
  async () => {
    const file = await sharp({
      create: {
        width: 1024,
        height: 1024,
        channels: 3,
        background: '#123456',
        noise: { type: 'gaussian', mean: 128, sigma: 40 },
      },
    })
      .png()
      .toBuffer();
    const beforeBytes = process.memoryUsage.rss();
    let peakBytes = beforeBytes;
    const { outcome } = await runEngine(engine, request(file), () => {
      peakBytes = Math.max(peakBytes, process.memoryUsage.rss());
      return false;
    });
    if (outcome.status !== 'succeeded') throw new Error(outcome.status);
    const grownMiB = Math.round((peakBytes - beforeBytes) / 2 ** 20);
    process.stdout.write(
      `4096×4096: peak ${Math.round(peakBytes / 2 ** 20)} MiB, ${grownMiB} MiB more than before, ` +
        `${Math.round(outcome.result.timings.totalMs / 1_000)} s\n`,
    );
    expect(outcome.result.images[0]).toMatchObject({ widthPx: 4096, heightPx: 4096 });
    expect(grownMiB).toBeLessThan(700);
  },
);

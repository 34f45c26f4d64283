/** "Upscale" says honestly what it does, keeps the recipe, and refuses what would be too large. */
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import type { JobEventBody } from '#contract/job-event.ts';
import type { Settings } from '#contract/generation-result.ts';
import { upscaleRequestSchema } from '#contract/generation-request.ts';
import { insertPngTexts, readPngTexts } from '#contract/png-text.ts';
import { readRecipe, toRecipeTexts } from '#contract/recipe.ts';
import { upscaleImage } from '../../../gpu-function/pipeline/upscale-image.ts';

const SETTINGS: Settings = {
  modelId: 'embedded',
  modelDigest: '0123456789abcdef',
  prompt: 'a red apple',
  negativePrompt: '',
  widthPx: 40,
  heightPx: 24,
  seed: 7,
  count: 1,
  steps: 20,
  guidanceScale: 3,
  guidanceRescale: 0,
  sampler: 'ddim',
  spacing: 'trailing',
};

async function openModel(): Promise<never> {
  throw new Error('No model is needed for this');
}

async function createPicture(width: number, height: number): Promise<Buffer> {
  return sharp({ create: { width, height, channels: 3, background: '#c81e1e' } })
    .png()
    .toBuffer();
}

async function upscale(file: Buffer, factor: 2 | 4, canceledAfter = Infinity) {
  const request = upscaleRequestSchema.parse({
    kind: 'upscale',
    image: { kind: 'inline', base64: file.toString('base64') },
    factor,
  });
  const events: JobEventBody[] = [];
  let questions = 0;
  const run = {
    job: { id: 'job-1', owner: 'somebody', request },
    report: (event: JobEventBody) => void events.push(event),
    isCanceled: () => ++questions > canceledAfter,
  };
  const clock = { nowMs: () => performance.now() };
  return {
    events,
    outcome: await upscaleImage({ request, run, clock, toolbox: undefined, openModel }),
  };
}

describe('an enlargement', () => {
  test('is as many times larger, tells how it was made, and keeps the recipe', async () => {
    const source = insertPngTexts(await createPicture(40, 24), toRecipeTexts(SETTINGS, 0));
    const { events, outcome } = await upscale(source, 4);
    if (outcome.status !== 'succeeded') throw new Error('expected a picture');
    const [file = Buffer.alloc(0)] = outcome.images;
    const { width, height } = await sharp(file).metadata();
    expect([width, height]).toEqual([160, 96]);
    const note = 'Enlarged by plain resampling (Lanczos); no detail was added.';
    expect(outcome.result.notes).toEqual([note]);
    expect(outcome.result.images).toEqual([
      expect.objectContaining({ index: 0, widthPx: 160, heightPx: 96, sizeBytes: file.length }),
    ]);
    expect(outcome.result.images[0]?.seed).toBeUndefined();
    expect(outcome.result.settings).toBeUndefined();
    expect(events).toEqual([
      { type: 'job-start', attempt: 1, steps: 1, notes: [note] },
      { type: 'decode-start' },
    ]);
    const texts = readPngTexts(file);
    expect(readRecipe(texts)).toEqual(readRecipe(readPngTexts(source)));
    expect(texts.get('postprocessing')).toContain('Postprocess upscale by: 4');
  });

  test('is the same file each time', async () => {
    const source = await createPicture(16, 16);
    const files = await Promise.all([upscale(source, 2), upscale(source, 2)]);
    const [first, second] = files.map(
      ({ outcome }) => outcome.status === 'succeeded' && outcome.images,
    );
    expect(first).toEqual(second);
  });

  test('can be canceled between its stages', async () => {
    const source = await createPicture(16, 16);
    for (const canceledAfter of [0, 1]) {
      expect((await upscale(source, 2, canceledAfter)).outcome).toEqual({ status: 'canceled' });
    }
  });

  test('beyond the largest side is refused, with the factor that still fits', async () => {
    await expect(upscale(await createPicture(2000, 10), 4)).rejects.toMatchObject({
      code: 'size-unsupported',
      message:
        'Enlarging 2000×10 by 4 gives 8000×40, more than 4096 a side; choose 2 times instead.',
    });
    await expect(upscale(await createPicture(10, 3000), 2)).rejects.toThrow(
      'choose a smaller picture.',
    );
  });

  test('of something that is no picture is refused', async () => {
    await expect(upscale(Buffer.from('hello'), 2)).rejects.toMatchObject({
      code: 'image-unreadable',
    });
  });
});

/** Moving pictures: the way from noise to picture, and walks between two prompts. */
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { requestSchema } from '#contract/generation-request.ts';
import { LIMITS } from '#contract/limits.ts';
import { TRAINED_ALGORITHMIC_MEDIA } from '#contract/provenance.ts';
import { createEngine } from '../../../../gpu-function/pipeline/engine.ts';
import { createArithmeticModel, createLibraryOf } from '../../../fakes/arithmetic-image-model.ts';
import { edit, toPixels } from '../../../fakes/editing-trial.ts';
import { meanDifference } from '../../../fakes/picture-quality.ts';
import { runEngine } from '../../../fakes/run-engine.ts';

const engine = createEngine({
  library: createLibraryOf(createArithmeticModel()),
  clock: { nowMs: () => performance.now() },
});

describe('a clip', () => {
  test.each(['webp', 'gif'] as const)(
    '%s: one picture a step and the finished ones, held at the end, without end',
    async (format) => {
      const { images, result } = await edit(engine, undefined, { clip: format, count: 2 });
      expect(result.images).toHaveLength(2);
      expect(result.clip).toMatchObject({ index: 2, mediaType: `image/${format}` });
      const file = images[2] ?? Buffer.alloc(0);
      expect(file.length).toBe(result.clip?.sizeBytes);
      expect(file.length).toBeLessThan(LIMITS.clipBytes);
      const { pages, delay, loop } = await sharp(file, { animated: true }).metadata();
      expect([pages, loop]).toEqual([7, 0]);
      expect(delay?.at(-1)).toBeGreaterThan(1_000);
    },
  );

  test('is not made unless it is asked for, and changes no picture', async () => {
    const [plain, moving] = [
      await edit(engine, undefined, {}),
      await edit(engine, undefined, { clip: 'gif' }),
    ];
    expect(plain.result.clip).toBeUndefined();
    expect(moving.images[0]).toEqual(plain.images[0]);
  });
});

describe('a walk between two prompts', () => {
  const walk = (changes: object) =>
    runEngine(
      engine,
      requestSchema.parse({
        kind: 'animate',
        prompt: 'apple',
        toPrompt: 'zebra',
        seed: 3,
        frames: 6,
        ...changes,
      }),
    );

  test('begins and ends where each prompt alone is drawn, moves in small steps, and goes back', async () => {
    const { outcome, events } = await walk({ format: 'webp' });
    if (outcome.status !== 'succeeded') throw new Error(outcome.status);
    expect(outcome.result.images).toEqual([
      expect.objectContaining({ mediaType: 'image/webp', widthPx: 32, heightPx: 32 }),
    ]);
    expect(outcome.result.lineage).toEqual({ action: 'animate' });
    const { pages, xmp } = await sharp(outcome.images[0], { animated: true }).metadata();
    expect(pages).toBe(10);
    expect(String(xmp)).toContain(TRAINED_ALGORITHMIC_MEDIA);
    const frames = await Promise.all(
      [0, 1, 5].map(async (page) =>
        toPixels(await sharp(outcome.images[0], { page }).png().toBuffer()),
      ),
    );
    const alone = await Promise.all(
      ['apple', 'zebra'].map(async (prompt) =>
        toPixels((await edit(engine, undefined, { prompt, seed: 3 })).images[0]),
      ),
    );
    const distance = (a: number, b: number) =>
      meanDifference(frames[a]?.pixels ?? [], alone[b]?.pixels ?? []);
    // The file is lossy and these pictures are all fine grain: near means nearer than the other prompt's.
    expect(distance(0, 0)).toBeLessThan(distance(0, 1) / 1.5);
    expect(distance(2, 1)).toBeLessThan(distance(2, 0) / 1.5);
    expect(distance(1, 0)).toBeLessThan(distance(1, 1));
    const steps = events.filter(({ type }) => type === 'step-end');
    expect(steps.at(-1)).toMatchObject({ step: steps.length, steps: steps.length });
  });

  test('without a loop every picture is shown once; a cancel is heard', async () => {
    const { outcome } = await walk({ loop: false, toSeed: 9 });
    if (outcome.status !== 'succeeded') throw new Error(outcome.status);
    expect((await sharp(outcome.images[0], { animated: true }).metadata()).pages).toBe(6);
    const request = requestSchema.parse({ kind: 'animate', prompt: 'a', toPrompt: 'b', seed: 1 });
    const canceled = await runEngine(engine, request, (events) => events.length > 3);
    expect(canceled.outcome).toEqual({ status: 'canceled' });
  });
});

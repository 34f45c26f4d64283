/**
 * Pictures of the built-in model, kept and compared: whatever changes in sampling, weights or file writing shows here.
 * `GOLDEN=write` before the command writes them anew; look at them before they are committed.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, describe, expect, test } from 'vitest';
import type { GenerateRequest } from '#contract/generation-request.ts';
import { readPngTexts } from '#contract/png-text.ts';
import { readRecipe } from '#contract/recipe.ts';
import { createModelLibrary } from '../../../gpu-function/onnx/model-library.ts';
import { createEngine } from '../../../gpu-function/pipeline/engine.ts';
import { modelFolders } from '../../../models/store.ts';
import { createRequest } from '../../fakes/create-request.ts';
import { draw, hashes, runEngine, stepsOf } from '../../fakes/run-engine.ts';

const FOLDER = join(import.meta.dirname, '../../golden');
const isWriting = process.env.GOLDEN === 'write';

/** The table of test/golden/README.md. Everything is given, so that a new default changes no picture. */
const COMMON = {
  guidanceScale: 3,
  guidanceRescale: 0.5,
  spacing: 'trailing',
  steps: 8,
} as const;
const GOLDEN: Record<string, Partial<GenerateRequest>> = {
  'red-apple': { ...COMMON, prompt: 'a red apple', seed: 7, sampler: 'dpmpp-2m' },
  'blue-car-variation': {
    ...COMMON,
    prompt: 'a blue car',
    negativePrompt: 'snow',
    seed: 101,
    sampler: 'ddim',
    variations: [{ seed: 9, strength: 0.3 }],
  },
  'yellow-star-at-night': {
    ...COMMON,
    prompt: 'a yellow star at night',
    seed: 103,
    sampler: 'euler-ancestral',
    guidanceRescale: 0,
  },
};
/** In 8-bit steps; test/golden/README.md tells what moves a picture by how much. */
const TOLERANCE = { mean: 0.1, max: 4 };

const library = createModelLibrary({ folders: modelFolders(undefined), provider: 'cpu' });
const engine = createEngine({ library, clock: { nowMs: () => performance.now() } });
afterAll(() => engine.close());

const pixels = async (file: Uint8Array) => [...(await sharp(file).raw().toBuffer())];

describe('the built-in model', () => {
  test.each(Object.keys(GOLDEN))('draws %s as it always did', async (name) => {
    const path = join(FOLDER, `${name}.png`);
    const { images } = await draw(engine, GOLDEN[name]);
    const file = images[0] ?? new Uint8Array();
    if (isWriting) writeFileSync(path, file);
    const kept = readFileSync(path);
    const [drawn, wanted] = await Promise.all([pixels(file), pixels(kept)]);
    const differences = drawn.map((value, at) => Math.abs(value - (wanted[at] ?? 255)));
    expect(drawn).toHaveLength(wanted.length);
    const mean = differences.reduce((sum, value) => sum + value, 0) / differences.length;
    expect(mean).toBeLessThanOrEqual(TOLERANCE.mean);
    expect(Math.max(...differences)).toBeLessThanOrEqual(TOLERANCE.max);
    expect(readRecipe(readPngTexts(file))).toEqual(readRecipe(readPngTexts(kept)));
  });

  test('keeps no picture that is not drawn here', () => {
    expect(Object.keys(GOLDEN).filter((name) => !existsSync(join(FOLDER, `${name}.png`)))).toEqual(
      [],
    );
  });

  test('draws picture 3 of 4 to the same file when its recipe is drawn alone, and each run again', async () => {
    const changes = { count: 4, steps: 4, sampler: 'euler-ancestral' } as const;
    const four = await draw(engine, changes);
    expect(hashes((await draw(engine, changes)).images)).toEqual(hashes(four.images));
    const file = four.images[2] ?? new Uint8Array();
    const alone = await draw(engine, readRecipe(readPngTexts(file)));
    expect(hashes(alone.images)).toEqual(hashes([file]));
  });

  test('shows a picture that sharpens, and stops within one step', async () => {
    const request = createRequest({ steps: 30, count: 2 });
    const { outcome, events } = await runEngine(
      engine,
      request,
      (events) => stepsOf(events).length === 5,
    );
    expect(outcome).toEqual({ status: 'canceled' });
    const previews = stepsOf(events).map(({ preview }) => preview?.base64);
    expect(new Set(previews).size).toBe(5);
  });

  test('says that it rounds fractional timesteps, and says nothing of whole ones', async () => {
    const rounded = expect.stringContaining('whole timesteps only') as string;
    const options = { steps: 3, sampler: 'euler' } as const;
    const fractional = await draw(engine, { ...options, spacing: 'linspace' });
    expect(fractional.result.notes).toEqual([rounded]);
    expect((await draw(engine, { ...options, spacing: 'trailing' })).result.notes).toEqual([]);
  });

  test('says that it draws one size only', async () => {
    const size = { kind: 'aspect', width: 3, height: 2 } as const;
    const { result } = await draw(engine, { size, steps: 1 });
    expect(result.notes).toContain(
      'Drawn at 128×128: this model draws no other size (asked for 3:2).',
    );
  });
});

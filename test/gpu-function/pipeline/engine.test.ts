/** The engine as the worker uses it: events in order, the right files, the same files again, clear refusals. */
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { resultSchema } from '#contract/generation-result.ts';
import { jobEventSchema, type JobEventBody } from '#contract/job-event.ts';
import { readPngTexts } from '#contract/png-text.ts';
import { readRecipe } from '#contract/recipe.ts';
import { createEngine } from '../../../gpu-function/pipeline/engine.ts';
import {
  createArithmeticModel,
  createLibraryOf,
  type ArithmeticModelOptions,
} from '../../fakes/arithmetic-image-model.ts';
import { createRequest } from '../../fakes/create-request.ts';
import { draw, hashes, runEngine, stepsOf } from '../../fakes/run-engine.ts';

function createTrialEngine(options?: ArithmeticModelOptions) {
  const model = createArithmeticModel(options);
  // A clock that ticks once a question: timings are then numbers that can be added up.
  let nowMs = 0;
  const engine = createEngine({ library: createLibraryOf(model), clock: { nowMs: () => ++nowMs } });
  return { model, engine };
}

describe('a job', () => {
  test('tells what happens, in order and in the form of the contract', async () => {
    const { engine } = createTrialEngine();
    const request = createRequest({ count: 3, steps: 4, prompt: '1 2 3 4 5 6 seven' });
    const { events, outcome } = await runEngine(engine, request);
    expect(events.map((event) => event.type)).toEqual([
      'engine-loading',
      'job-start',
      'step-end',
      'step-end',
      'step-end',
      'step-end',
      'decode-start',
    ]);
    for (const [index, event] of events.entries()) {
      jobEventSchema.parse({ ...event, jobId: 'job-1', sequence: index + 1, atMs: 1 });
    }
    if (outcome.status !== 'succeeded') throw new Error('expected pictures');
    const { result } = outcome;
    expect(resultSchema.parse(result)).toBeDefined();
    expect(result.notes).toEqual([
      'The prompt is longer than the model reads; it did not see "seven".',
    ]);
    expect(events[1]).toMatchObject({ settings: result.settings, notes: result.notes });
  });

  test('loads the model once', async () => {
    const { engine } = createTrialEngine();
    const isLoading = ({ type }: JobEventBody) => type === 'engine-loading';
    const jobs = [createRequest(), createRequest(), createRequest({ modelId: 'arithmetic' })];
    const counts: number[] = [];
    for (const request of jobs) {
      counts.push((await runEngine(engine, request)).events.filter(isLoading).length);
    }
    expect(counts).toEqual([1, 0, 0]);
  });

  test('gives as many files as asked for, each described truly', async () => {
    const { engine } = createTrialEngine();
    const { images, result } = await draw(engine, { count: 4, seed: 4_294_967_294 });
    expect(result.images.map((image) => image.seed)).toEqual([4_294_967_294, 4_294_967_295, 0, 1]);
    for (const [index, image] of result.images.entries()) {
      const file = images[index] ?? new Uint8Array();
      const { width, height, format } = await sharp(file).metadata();
      expect(image).toMatchObject({ index, widthPx: width, heightPx: height });
      expect([format, image.sizeBytes]).toEqual(['png', file.length]);
    }
    expect(new Set(result.images.map((image) => image.sha256)).size).toBe(4);
  });

  test('adds up its timings', async () => {
    const { engine } = createTrialEngine();
    const { timings } = (await draw(engine)).result;
    const { loadModelMs, encodePromptMs, denoiseMs, decodeMs, encodeImageMs } = timings;
    // One tick of the test's clock for each stage, and one for the end.
    const stages = [loadModelMs, encodePromptMs, denoiseMs, decodeMs, encodeImageMs];
    expect(stages).toEqual([1, 1, 1, 1, 1]);
    expect(timings).toMatchObject({ queueMs: 0, totalMs: 6, onnxRunMs: 6 });
  });
});

describe('the same request', () => {
  test('gives the same files', async () => {
    const { engine } = createTrialEngine();
    const [first, second] = [await draw(engine, { count: 2 }), await draw(engine, { count: 2 })];
    expect(hashes(second.images)).toEqual(hashes(first.images));
  });

  test.each(createArithmeticModel().description.samplers)(
    'picture 3 of 4 drawn alone by its recipe is the same file (%s)',
    async (sampler) => {
      const { engine } = createTrialEngine();
      const variations = [{ seed: 4_294_967_295, strength: 0.4 }];
      for (const changes of [
        {},
        { variations, negativePrompt: 'ünscharf, "text"\n', style: 'bright' },
      ]) {
        const four = await draw(engine, { ...changes, sampler, count: 4 });
        const file = four.images[2] ?? new Uint8Array();
        const recipe = readRecipe(readPngTexts(file));
        const alone = await draw(engine, recipe);
        expect(hashes(alone.images)).toEqual(hashes([file]));
        expect(alone.result.images[0]?.sha256).toBe(four.result.images[2]?.sha256);
      }
    },
  );

  test('other seeds, prompts and variations give other pictures', async () => {
    const { engine } = createTrialEngine();
    const all = [
      {},
      { seed: 8 },
      { prompt: 'zebra' },
      { negativePrompt: 'zebra' },
      { style: 'bright' },
      { guidanceScale: 5 },
      { variations: [{ seed: 9, strength: 0.5 }] },
    ];
    const pixels = new Set<string>();
    for (const changes of all) {
      const { images } = await draw(engine, changes);
      pixels.add((await sharp(images[0]).raw().toBuffer()).toString('base64'));
    }
    expect(pixels.size).toBe(all.length);
  });
});

describe('a cancel', () => {
  test('ends the run wherever it is', async () => {
    const { engine } = createTrialEngine();
    const request = createRequest({ count: 2, steps: 3 });
    const endedAt = async (type: JobEventBody['type']) => {
      const { outcome, events } = await runEngine(engine, request, (events) =>
        events.some((event) => event.type === type),
      );
      return [outcome.status, stepsOf(events).length, events.at(-1)?.type];
    };
    expect(await endedAt('job-start')).toEqual(['canceled', 0, 'job-start']);
    expect(await endedAt('step-end')).toEqual(['canceled', 1, 'step-end']);
    expect(await endedAt('decode-start')).toEqual(['canceled', 3, 'decode-start']);
  });
});

describe('what cannot be done', () => {
  test.each([
    [{ modelId: 'unknown' }, 'model-unknown'],
    [{ style: 'noir' }, 'style-unknown'],
    [{ size: { kind: 'aspect', width: 9, height: 1 } } as const, 'size-unsupported'],
    [{ sampler: 'ddim', spacing: 'karras' } as const, 'sampler-unsupported'],
  ])('%o is refused before anything is drawn', async (changes, code) => {
    const { engine, model } = createTrialEngine();
    await expect(draw(engine, changes)).rejects.toMatchObject({ name: 'GenerationError', code });
    expect(model.calls).toEqual([]);
  });

  test('more steps than the model was trained with are refused', async () => {
    const { engine, model } = createTrialEngine();
    Object.assign(model, { scheduler: { ...model.scheduler, num_train_timesteps: 50 } });
    await expect(draw(engine, { steps: 51 })).rejects.toMatchObject({
      name: 'GenerationError',
      message: expect.stringContaining('50'),
    });
  });

  test('a decoder that fails ends the job with a sentence', async () => {
    const { engine } = createTrialEngine({ decodedValue: Number.NaN });
    await expect(draw(engine, { count: 2 })).rejects.toMatchObject({ code: 'model-broken' });
  });
});

test('an upscale needs no model', async () => {
  const { engine, model } = createTrialEngine();
  const { images } = await draw(engine);
  const base64 = Buffer.from(images[0] ?? []).toString('base64');
  const { outcome, events } = await runEngine(engine, {
    kind: 'upscale',
    image: { kind: 'inline', base64 },
    factor: 2,
  });
  expect(outcome).toMatchObject({ status: 'succeeded', result: { images: [{ widthPx: 64 }] } });
  expect(events.map((event) => event.type)).toEqual(['job-start', 'decode-start']);
  expect(model.calls).toHaveLength(6);
  expect(await engine.models()).toEqual([model.description]);
  await engine.close();
});

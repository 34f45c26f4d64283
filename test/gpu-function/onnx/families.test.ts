/** Every family in every dialect: the engine tells each graph what it wants, number by number, and pictures come out. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadImageModel } from '../../../gpu-function/onnx/image-model.ts';
import { createEngine } from '../../../gpu-function/pipeline/engine.ts';
import type { Conditioning, ImageModel, Tensor } from '../../../gpu-function/pipeline/ports.ts';
import { createTorchRandom } from '../../../gpu-function/sampling/torch-random.ts';
import { createLibraryOf } from '../../fakes/arithmetic-image-model.ts';
import { encodeTexts } from '../../fakes/encode-texts.ts';
import { draw } from '../../fakes/run-engine.ts';
import { CONDITIONING_STEPS, kernelOf, LATENT_CHANNELS } from '../../fakes/tiny-graphs.ts';
import { inputChannelsOf, TEXT_WIDTHS, writeTinyPackage } from '../../fakes/tiny-package.ts';
import type { TinyPackageKind } from '../../fakes/tiny-package.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'families-'));
});
afterEach(() => rm(root, { recursive: true }));

async function load(changes: Partial<TinyPackageKind>) {
  const folder = join(root, 'package');
  const kind = await writeTinyPackage(folder, changes);
  return { kind, folder, model: await loadImageModel(folder, { provider: 'cpu', threads: 1 }) };
}

const XL = { className: 'StableDiffusionXLPipeline', isLarge: true } as const;
const LCM = { className: 'LatentConsistencyModelPipeline', takesGuidance: true } as const;
const INPAINTING = { className: 'StableDiffusionInpaintPipeline', isInpainting: true } as const;
const FAMILIES: [string, Partial<TinyPackageKind>][] = [
  ['Stable Diffusion', {}],
  ['Stable Diffusion XL', XL],
  ['Latent Consistency', LCM],
  ['inpainting', INPAINTING],
  ['XL inpainting', { ...XL, className: 'StableDiffusionXLInpaintPipeline', isInpainting: true }],
  ['Latent Consistency XL', { ...XL, takesGuidance: true }],
];
const DIALECTS: [string, Partial<TinyPackageKind>][] = [
  ['Optimum', {}],
  [
    'legacy, weights.pb',
    {
      className: 'OnnxStableDiffusionPipeline',
      ids: 'int32',
      timestep: { type: 'float32', sides: [1] },
      encoder: 'sampled',
      externalFile: 'weights.pb',
    },
  ],
  ['older Optimum', { timestep: { type: 'int64', sides: [1] }, externalFile: 'model.onnx_data' }],
  ['float16', { weights: 'float16', border: 'float16', timestep: { type: 'float16', sides: [] } }],
  [
    'float16 inside',
    {
      weights: 'float16',
      externalFile: 'model.onnx.data',
      timestep: { type: 'float32', sides: ['batch'] },
    },
  ],
  [
    'Microsoft',
    {
      weights: 'float16',
      border: 'float16',
      ids: 'int32',
      timestep: { type: 'int64', sides: [1] },
      encoder: 'sampled',
      outputs: { hidden: 'text_embeddings', network: 'latent' },
    },
  ],
  ['old, without configurations', { hasConfigs: false, graphName: 'model_fp16.onnx' }],
  ['text encoders with a mask', { hasMask: true }],
  ['double timesteps', { timestep: { type: 'float64', sides: [] } }],
];

const TIMESTEP = 401;

/** Two rows that differ in everything. */
async function createCall(model: ImageModel) {
  const random = createTorchRandom(3);
  const shape = [2, LATENT_CHANNELS, 8, 8];
  const conditioning = await encodeTexts(model, ['a red apple!', 'a blue car']);
  // Sizes of a row of its own, or a mixed-up order of rows would not show.
  if (conditioning.timeIds !== undefined) conditioning.timeIds.data[9] = 3;
  return {
    sample: { data: random.normal(2 * LATENT_CHANNELS * 64), shape },
    timestep: TIMESTEP,
    conditioning,
    extraChannels: model.isInpainting
      ? { data: random.normal(2 * 5 * 64), shape: [2, 5, 8, 8] }
      : undefined,
  };
}

/** What the network of tiny-graphs.ts says to this, worked out here. */
function expectedPrediction(
  kind: TinyPackageKind,
  call: Awaited<ReturnType<typeof createCall>>,
): number[] {
  const inputs = inputChannelsOf(kind);
  const kernel = kernelOf(LATENT_CHANNELS, inputs);
  const { promptEmbedding, pooledEmbedding, timeIds, guidanceEmbedding } = call.conditioning;
  const told = [promptEmbedding, pooledEmbedding, timeIds, guidanceEmbedding].filter(
    (tensor) => tensor !== undefined,
  );
  return Array.from({ length: 2 * LATENT_CHANNELS * 64 }, (_, at) => {
    const [row, output, cell] = [
      Math.floor(at / (LATENT_CHANNELS * 64)),
      Math.floor(at / 64) % LATENT_CHANNELS,
      at % 64,
    ];
    let sum = TIMESTEP / 1000;
    for (const [index, tensor] of told.entries()) {
      sum += meanOfRow(tensor, row, CONDITIONING_STEPS[index] ?? 0);
    }
    for (let input = 0; input < inputs; input++) {
      const isOwn = input < LATENT_CHANNELS;
      const value = isOwn
        ? call.sample.data[(row * LATENT_CHANNELS + input) * 64 + cell]
        : call.extraChannels?.data[(row * 5 + input - LATENT_CHANNELS) * 64 + cell];
      sum += (kernel[output * inputs + input] ?? 0) * (value ?? Number.NaN);
    }
    return sum;
  });
}

/** Mean of a row's values, each times its place from 1 and the step. */
function meanOfRow({ data, shape }: Tensor, row: number, step: number): number {
  const width = shape.at(-1) ?? 0;
  const length = data.length / (shape[0] ?? 1);
  const values = data.subarray(row * length, (row + 1) * length);
  return (
    values.reduce((sum, value, at) => sum + value * ((at % width) + 1) * step, 0) / values.length
  );
}

const largestDifference = (actual: ArrayLike<number>, expected: readonly number[]) =>
  expected.reduce((most, value, at) => Math.max(most, Math.abs(value - (actual[at] ?? NaN))), 0);

describe.each(FAMILIES)('%s', (_, family) => {
  test.each(DIALECTS)('as %s', async (_dialect, dialect) => {
    const className = family.className ?? dialect.className;
    const changes = { ...dialect, ...family };
    const { kind, model } = await load(
      className === undefined ? changes : { ...changes, className },
    );
    const call = await createCall(model);
    checkConditioning(kind, call.conditioning);
    const { data, shape } = await model.predict(call);
    expect(shape).toEqual(call.sample.shape);
    const tolerance = kind.weights === 'float16' ? 0.02 : 1e-4;
    expect(largestDifference(data, expectedPrediction(kind, call))).toBeLessThan(tolerance);
    expect(model.isInpainting).toBe(kind.isInpainting);
    expect(model.guidanceEmbeddingWidth).toBe(kind.takesGuidance ? 8 : undefined);
    expect(model.roundsTimesteps).toBe(kind.timestep.type === 'int64');
    expect(model.scalingFactor).toBe(kind.isLarge ? 0.13025 : 0.18215);
    await checkPictures(model, kind);
    await model.dispose();
  });
});

function checkConditioning(kind: TinyPackageKind, conditioning: Conditioning): void {
  const width = kind.isLarge ? TEXT_WIDTHS[0] + TEXT_WIDTHS[1] : TEXT_WIDTHS[0];
  expect(conditioning.promptEmbedding.shape).toEqual([2, 77, width]);
  expect(conditioning.pooledEmbedding?.shape).toEqual(
    kind.isLarge ? [2, TEXT_WIDTHS[1]] : undefined,
  );
  expect(conditioning.timeIds === undefined).toBe(!kind.isLarge);
}

/** Encoding and decoding, and a whole job where words are enough. */
async function checkPictures(model: ImageModel, kind: TinyPackageKind): Promise<void> {
  const pixels = { data: new Float32Array(3 * 64 * 64).fill(0.25), shape: [1, 3, 64, 64] };
  const encoding = await model.encode(pixels);
  expect(encoding.kind).toBe(kind.encoder);
  // The kernel's row for channel 0: 0.01, 0.02, … and 0.5 wherever the input's place has the same remainder.
  const inputs = 3 * 64;
  const channels = kind.encoder === 'parameters' ? 8 : 4;
  const weight = kernelOf(channels, inputs)
    .slice(0, inputs)
    .reduce((sum, value) => sum + value, 0);
  const mean = encoding.kind === 'sampled' ? encoding.latents : encoding.mean;
  expect(mean.shape).toEqual([1, LATENT_CHANNELS, 8, 8]);
  expect((mean.data[0] ?? 0) / (0.25 * weight)).toBeCloseTo(1, 2);
  if (kind.isInpainting) return;
  const engine = createEngine({
    library: createLibraryOf(model),
    clock: { nowMs: () => performance.now() },
  });
  const { result } = await draw(engine, {
    size: { kind: 'pixels', widthPx: 128, heightPx: 64 },
    steps: 2,
    count: 2,
  });
  expect(result.images).toMatchObject([
    { widthPx: 128, heightPx: 64 },
    { widthPx: 128, heightPx: 64 },
  ]);
}

describe('what belongs to a family', () => {
  test('XL reads the last layer but one of both encoders, without the final norm', async () => {
    const { model } = await load(XL);
    const { promptEmbedding } = await encodeTexts(model, ['a']);
    const [first, second] = model.textStages.map(({ tokenizer }) => tokenizer.tokenize('a').ids);
    // Start, the letter, end; then the first tokenizer pads with its end token and the second with "!", which is 0.
    expect(first?.slice(0, 4)).toEqual([998, expect.any(Number), 999, 999]);
    expect(second?.slice(0, 4)).toEqual([998, first?.[1], 999, 0]);
    const width = TEXT_WIDTHS[0] + TEXT_WIDTHS[1];
    const expected = (first ?? []).flatMap((id, place) =>
      Array.from({ length: width }, (_, at) => {
        const ofFirst = at < TEXT_WIDTHS[0];
        const scaled = ofFirst
          ? id * (at + 1) * 0.001
          : (second?.[place] ?? 0) * (at - TEXT_WIDTHS[0] + 1) * 0.002;
        return Math.sin(scaled * 2);
      }),
    );
    expect(largestDifference(promptEmbedding.data, expected)).toBeLessThan(1e-4);
    await model.dispose();
  });

  test('XL of other exporters gives the layer that it was trained on as hidden_states', async () => {
    const { model } = await load({ ...XL, hasLayers: false, outputs: { hidden: 'hidden_states' } });
    const { promptEmbedding, pooledEmbedding } = await encodeTexts(model, ['a']);
    expect(promptEmbedding.shape).toEqual([1, 77, TEXT_WIDTHS[0] + TEXT_WIDTHS[1]]);
    expect(pooledEmbedding?.shape).toEqual([1, TEXT_WIDTHS[1]]);
    await model.dispose();
    await expect(load({ ...XL, hasLayers: false })).rejects.toMatchObject({
      code: 'model-broken',
      message: expect.stringMatching(/gives no hidden_states, of which this family/) as string,
    });
  });

  test('clip skip takes an earlier layer, through the final norm where the family has it', async () => {
    const { model } = await load({});
    const [stage] = model.textStages;
    const ids = stage?.tokenizer.tokenize('a red apple on a blue table').ids ?? [];
    const skipped = await stage?.encode(ids, 1);
    const expected = ids.flatMap((id) => {
      const layer = Array.from({ length: 4 }, (_, at) => Math.sin(id * (at + 1) * 0.001 * 2));
      const mean = layer.reduce((sum, value) => sum + value, 0) / 4;
      const variance = layer.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 4;
      return layer.map(
        (value, at) =>
          ((value - mean) / Math.sqrt(variance + 1e-5)) * (at + 1) * 0.3 - (at + 1) * 0.1,
      );
    });
    expect(largestDifference(skipped?.hiddenStates.data ?? [], expected)).toBeLessThan(1e-3);
    await expect(stage?.encode(ids, 5)).rejects.toMatchObject({
      code: 'invalid-request',
      message: expect.stringMatching(/^Clip skip 5 cannot be done/) as string,
    });
    await model.dispose();
  });

  test('a package that can only draw from words says so when it is given a picture', async () => {
    const { model } = await load({ encoder: 'none' });
    const picture = { data: new Float32Array(3 * 64), shape: [1, 3, 8, 8] };
    await expect(model.encode(picture)).rejects.toMatchObject({
      code: 'invalid-request',
      message: expect.stringContaining('no vae_encoder/model.onnx') as string,
    });
    await model.dispose();
  });

  test('a network for inpainting says what it lacks when it is given words alone', async () => {
    const { model } = await load(INPAINTING);
    const call = await createCall(model);
    await expect(model.predict({ ...call, extraChannels: undefined })).rejects.toMatchObject({
      code: 'invalid-request',
      message: expect.stringContaining('only fills in parts of a picture') as string,
    });
    await model.dispose();
  });

  test('its defaults are those of its paper', async () => {
    const turbo = {
      _class_name: 'EulerAncestralDiscreteScheduler',
      beta_schedule: 'scaled_linear',
      timestep_spacing: 'trailing',
    };
    for (const [changes, defaults] of [
      [{}, { steps: 25, guidanceScale: 7.5 }],
      [XL, { steps: 25, guidanceScale: 5 }],
      [LCM, { steps: 4, guidanceScale: 8.5 }],
      [
        { ...XL, scheduler: turbo },
        { steps: 4, guidanceScale: 0, sampler: 'euler-ancestral' },
      ],
    ] as const) {
      const { model } = await load(changes);
      expect(model.description.defaults).toMatchObject(defaults);
      await model.dispose();
    }
  });
});

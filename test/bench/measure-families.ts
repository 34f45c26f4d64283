/**
 * (f) The denoising loop of each family beside a bare loop over ONNX Runtime: the same files, calls and numbers of rows. The
 * networks are stand-ins at the latents of a 512×512 picture, quicker than any real one but in the same order as on a GPU.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toFloat16 } from '../../gpu-function/onnx/float16.ts';
import { loadImageModel } from '../../gpu-function/onnx/image-model.ts';
import { InferenceSession, RuntimeTensor } from '../../gpu-function/onnx/runtime.ts';
import { toSessionOptions } from '../../gpu-function/onnx/session-options.ts';
import { drawLatents } from '../../gpu-function/pipeline/draw.ts';
import type { Studio } from '../../gpu-function/pipeline/draw.ts';
import { encodePrompts } from '../../gpu-function/pipeline/encode-prompt.ts';
import type { ImageModel } from '../../gpu-function/pipeline/ports.ts';
import { createNoiseStreams } from '../../gpu-function/pipeline/prepare-latents.ts';
import { createPreviewPainter } from '../../gpu-function/pipeline/preview.ts';
import { tokenizePrompts } from '../../gpu-function/pipeline/tokenize-prompts.ts';
import { planSampling } from '../../gpu-function/sampling/plan-sampling.ts';
import { createTorchRandom } from '../../gpu-function/sampling/torch-random.ts';
import { createSettings } from '../fakes/settings.ts';
import { writeTinyPackage } from '../fakes/tiny-package.ts';
import type { TinyPackageKind } from '../fakes/tiny-package.ts';
import { median, type Figure } from './figures.ts';

const STEPS = 40;
const SIZE = { widthPx: 512, heightPx: 512 };
const RATIO_MAX = 1.03;
const BALLAST = { channels: 96, layers: 12 };

const XL = { className: 'StableDiffusionXLPipeline', isLarge: true } as const;
const HALF = { weights: 'float16', border: 'float16' } as const;
const FAMILIES: readonly (readonly [string, Partial<TinyPackageKind>])[] = [
  ['Stable Diffusion', {}],
  ['Stable Diffusion, float16', HALF],
  ['Stable Diffusion XL', XL],
  ['Stable Diffusion XL, float16', { ...XL, ...HALF }],
  ['Latent Consistency', { className: 'LatentConsistencyModelPipeline', takesGuidance: true }],
  ['inpainting', { className: 'StableDiffusionInpaintPipeline', isInpainting: true }],
];

export async function measureFamilies(): Promise<Figure[]> {
  const root = await mkdtemp(join(tmpdir(), 'bench-families-'));
  const figures: Figure[] = [];
  for (const [index, [name, kind]] of FAMILIES.entries()) {
    const folder = join(root, String(index));
    await writeTinyPackage(folder, { ...kind, ballast: BALLAST });
    figures.push(...(await measureFamily(name, folder)));
  }
  await rm(root, { recursive: true });
  return [...figures, measurePreview()];
}

async function measureFamily(name: string, folder: string): Promise<Figure[]> {
  const startedAtMs = performance.now();
  const model = await loadImageModel(folder, { provider: 'cpu' });
  const loadMs = performance.now() - startedAtMs;
  const settings = createSettings({ ...SIZE, steps: STEPS, guidanceScale: 5, sampler: 'ddim' });
  const bare = await createBareStep(folder, settings.guidanceScale, model);
  const samples = createSamples();
  const withBareSteps: ImageModel = {
    ...model,
    // Step by step in turn, so that a slow moment of the machine falls on both.
    async predict(call) {
      samples.endStep();
      samples.bareMs.push(await timeOf(() => bare.run()));
      samples.startStep();
      return model.predict(call);
    },
  };
  const product = await createProductLoop(withBareSteps, settings);
  await product();
  samples.clear();
  const runtimeBeforeMs = model.runtimeMs();
  await product();
  samples.endStep();
  const runtimeMs = model.runtimeMs() - runtimeBeforeMs;
  await bare.close();
  await model.dispose();
  const { stepMs, bareMs } = samples;
  return [
    {
      name: `${name}: loop over a bare loop`,
      value: median(stepMs) / median(bareMs),
      unit: 'ratio',
      goal: RATIO_MAX,
    },
    {
      name: `${name}: loop over its own time inside ONNX Runtime`,
      value: stepMs.reduce((sum, value) => sum + value, 0) / runtimeMs,
      unit: 'ratio',
      goal: RATIO_MAX,
    },
    { name: `${name}: a step of the bare loop`, value: median(bareMs), unit: 'ms' },
    { name: `${name}: load`, value: loadMs, unit: 'ms' },
  ];
}

/** Steps of the product's loop, each from its call of the network to the next one's, and of the bare one. */
function createSamples() {
  let startedAtMs: number | undefined;
  const samples = {
    stepMs: [] as number[],
    bareMs: [] as number[],
    startStep: () => {
      startedAtMs = performance.now();
    },
    endStep: () => {
      if (startedAtMs !== undefined) samples.stepMs.push(performance.now() - startedAtMs);
      startedAtMs = undefined;
    },
    clear: () => {
      startedAtMs = undefined;
      samples.stepMs.length = 0;
      samples.bareMs.length = 0;
    },
  };
  return samples;
}

async function timeOf(action: () => Promise<unknown>): Promise<number> {
  const startedAtMs = performance.now();
  await action();
  return performance.now() - startedAtMs;
}

/** What a job does between its words and its decoding, previews and reports with it. */
async function createProductLoop(model: ImageModel, settings: ReturnType<typeof createSettings>) {
  const { rows } = tokenizePrompts(model, settings);
  const encoding = await encodePrompts(model, rows, 1);
  const plan = planSampling({ ...settings, scheduler: model.scheduler });
  return async () => {
    const studio: Studio = {
      model,
      settings,
      plan,
      encoding,
      streams: createNoiseStreams(settings),
      run: { report: () => undefined, isCanceled: () => false },
    };
    await drawLatents(studio, { size: SIZE });
  };
}

/** The network's session, run with inputs that were made beforehand. */
async function createBareStep(folder: string, guidanceScale: number, model: ImageModel) {
  const session = await InferenceSession.create(
    join(folder, 'unet/model.onnx'),
    toSessionOptions({ provider: 'cpu' }),
  );
  const rows = guidanceScale > 1 && model.guidanceEmbeddingWidth === undefined ? 2 : 1;
  const random = createTorchRandom(1);
  const feeds = Object.fromEntries(
    session.inputMetadata.map((input) => {
      if (!input.isTensor) throw new Error(`${input.name} is no tensor`);
      const sides = { batch: rows, height: 64, width: 64, sequence: 77 };
      const shape = input.shape.map((side) =>
        typeof side === 'number' ? side : (sides[side as keyof typeof sides] ?? 1),
      );
      const values = random.normal(shape.reduce((product, side) => product * side, 1));
      return [
        input.name,
        input.type === 'float16'
          ? new RuntimeTensor('float16', toFloat16(values), shape)
          : new RuntimeTensor('float32', values, shape),
      ];
    }),
  );
  return {
    run: () => session.run(feeds),
    close: () => session.release(),
  };
}

function measurePreview(): Figure {
  const latents = createTorchRandom(1).normal(4 * 64 * 64);
  const rows = Array.from({ length: 4 }, (_, at) => [0.1 * at, 0.2, 0.3] as const);
  const paint = createPreviewPainter({ factors: rows, bias: [0, 0, 0] }, [1, 4, 64, 64]);
  const samples = Array.from({ length: 50 }, () => {
    const startedAtMs = performance.now();
    paint(latents);
    return performance.now() - startedAtMs;
  });
  return { name: 'a preview of 64×64 latents', value: median(samples), unit: 'ms', goal: 10 };
}

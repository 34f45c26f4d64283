/** Pipelines of which there is no reference, against diffusers' order of work written down once more. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadImageModel } from '../../gpu-function/onnx/image-model.ts';
import type { ImageModel, Tensor } from '../../gpu-function/pipeline/ports.ts';
import { createTorchRandom } from '../../gpu-function/sampling/torch-random.ts';
import { encodeTexts } from '../fakes/encode-texts.ts';
import { toPng } from '../fakes/png-writer.ts';
import { writeTinyPackage } from '../fakes/tiny-package.ts';
import type { TinyPackageKind } from '../fakes/tiny-package.ts';
import { runBarePipeline } from './bare-pipeline.ts';
import type { BareRun } from './bare-pipeline.ts';
import { toLine } from './case-result.ts';
import { checkPipelines } from './pipelines.ts';

const SIDE_PX = 64;
const SCHEDULER = {
  num_train_timesteps: 1000,
  beta_start: 0.00085,
  beta_end: 0.012,
  beta_schedule: 'scaled_linear',
  clip_sample: false,
  set_alpha_to_one: false,
  steps_offset: 1,
  timestep_spacing: 'leading',
};

interface Trial {
  pipelineClass: string;
  kind: Partial<TinyPackageKind>;
  call: { guidance_scale: number; strength?: number; negative_prompt?: string };
  start: 'words' | 'picture' | 'masked picture';
  predictsVelocity?: boolean;
}

const XL = { className: 'StableDiffusionXLPipeline', isLarge: true } as const;
const TRIALS: Trial[] = [
  {
    pipelineClass: 'StableDiffusionPipeline',
    kind: {},
    call: { guidance_scale: 5 },
    start: 'words',
    predictsVelocity: true,
  },
  {
    pipelineClass: 'StableDiffusionXLPipeline',
    kind: XL,
    call: { guidance_scale: 5 },
    start: 'words',
  },
  {
    pipelineClass: 'StableDiffusionXLPipeline',
    kind: XL,
    call: { guidance_scale: 5, negative_prompt: '' },
    start: 'words',
  },
  {
    pipelineClass: 'StableDiffusionXLPipeline',
    kind: XL,
    call: { guidance_scale: 0 },
    start: 'words',
  },
  {
    pipelineClass: 'LatentConsistencyModelPipeline',
    kind: { takesGuidance: true },
    call: { guidance_scale: 8 },
    start: 'words',
  },
  {
    pipelineClass: 'StableDiffusionImg2ImgPipeline',
    kind: {},
    call: { guidance_scale: 4, strength: 0.7 },
    start: 'picture',
  },
  {
    pipelineClass: 'StableDiffusionXLImg2ImgPipeline',
    kind: XL,
    call: { guidance_scale: 4, strength: 1 },
    start: 'picture',
  },
  {
    pipelineClass: 'StableDiffusionInpaintPipeline',
    kind: {},
    call: { guidance_scale: 4, strength: 0.6 },
    start: 'masked picture',
  },
  {
    pipelineClass: 'StableDiffusionInpaintPipeline',
    kind: {},
    call: { guidance_scale: 4, strength: 1 },
    start: 'masked picture',
  },
  {
    pipelineClass: 'StableDiffusionInpaintPipeline',
    kind: { isInpainting: true },
    call: { guidance_scale: 4, strength: 1 },
    start: 'masked picture',
  },
  {
    pipelineClass: 'StableDiffusionXLInpaintPipeline',
    kind: { ...XL, isInpainting: true },
    call: { guidance_scale: 4, strength: 0.5 },
    start: 'masked picture',
  },
];

const PROMPT = 'a red apple';
const STEPS = 5;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'other-pipelines-'));
});
afterEach(() => rm(folder, { recursive: true }));

const random = createTorchRandom(11);
const draw = (): Tensor => ({ data: random.normal(4 * 64), shape: [1, 4, 8, 8] });

describe.each(TRIALS)('$pipelineClass, $call', (trial) => {
  test.each(['onnx', 'onnx-fp16-io32'])('%s', async (exported) => {
    const scheduler = {
      ...SCHEDULER,
      prediction_type: trial.predictsVelocity === true ? 'v_prediction' : 'epsilon',
    };
    const package_ = join(folder, 'pipelines/tiny', exported);
    await writeTinyPackage(package_, {
      ...trial.kind,
      weights: exported === 'onnx' ? 'float32' : 'float16',
      scheduler: { _class_name: 'DDIMScheduler', ...scheduler },
    });
    const model = await loadImageModel(package_, { provider: 'cpu' });
    const run = await createRun(model, trial);
    await writeCase(run, trial, scheduler);
    await model.dispose();
    const lines: string[] = [];
    await writeJson('pipelines/index.json', [
      { model: 'tiny', exports: [exported], cases: [{ case: 'one' }] },
    ]);
    for await (const result of checkPipelines(join(folder, 'pipelines')))
      lines.push(toLine(result));
    expect(lines.map((line) => line.replace(/error.*tolerance \S+ +/, ''))).toEqual(
      ['ids and timesteps', 'first call', 'latents', 'picture'].map(
        (part) => `pipelines tiny/${exported} one: ${part}  ok`,
      ),
    );
  });
});

async function createRun(model: ImageModel, trial: Trial): Promise<BareRun> {
  const {
    guidance_scale: guidanceScale,
    strength = 1,
    negative_prompt: negativePrompt,
  } = trial.call;
  const settings = { ...model.description.defaults, guidanceScale };
  const tuned = { ...model, description: { ...model.description, defaults: settings } };
  const [positive, empty] = [await encodeTexts(tuned, [PROMPT]), await encodeTexts(tuned, [''])];
  if (negativePrompt === undefined && trial.kind.isLarge === true) {
    empty.promptEmbedding.data.fill(0);
    empty.pooledEmbedding?.data.fill(0);
  }
  const isGuided = guidanceScale > 1 && trial.kind.takesGuidance !== true;
  return {
    model,
    steps: STEPS,
    guidanceScale,
    strength,
    predictsVelocity: trial.predictsVelocity ?? false,
    positive,
    negative: isGuided ? empty : undefined,
    picture: trial.start === 'words' ? undefined : toTensor(PICTURE),
    mask: trial.start === 'masked picture' ? MASK : undefined,
    noise: { start: draw(), posterior: draw(), maskedPosterior: draw() },
  };
}

const PICTURE = Uint8Array.from({ length: 3 * SIDE_PX ** 2 }, (_, at) => (at * 37) % 256);
/** A disc, so that no edge lies on the border of cells. */
const MASK = Uint8Array.from({ length: SIDE_PX ** 2 }, (_, at) => {
  const [x, y] = [(at % SIDE_PX) - 29, Math.floor(at / SIDE_PX) - 35];
  return x * x + y * y < 400 ? 1 : 0;
});

function toTensor(rgb: Uint8Array): Tensor {
  const plane = SIDE_PX ** 2;
  const data = Float32Array.from(
    { length: rgb.length },
    (_, at) => ((rgb[(at % plane) * 3 + Math.floor(at / plane)] ?? 0) / 255) * 2 - 1,
  );
  return { data, shape: [1, 3, SIDE_PX, SIDE_PX] };
}

async function writeCase(run: BareRun, trial: Trial, scheduler: object): Promise<void> {
  const result = await runBarePipeline(run);
  const { posterior, start, maskedPosterior } = run.noise;
  const { start: from, call } = trial;
  const isPure = run.strength === 1 && from === 'masked picture' && run.model.isInpainting;
  const draws = [
    ...(from === 'words' || isPure ? [] : [['vae_encoder_posterior_sample', posterior] as const]),
    ['latents_noise', start] as const,
    ...(from === 'masked picture'
      ? [['vae_encoder_posterior_sample', maskedPosterior] as const]
      : []),
  ];
  const rows = run.negative === undefined ? [run.positive] : [run.negative, run.positive];
  const joinRows = (pick: (row: BareRun['positive']) => Tensor | undefined) =>
    rows.flatMap((row) => [...(pick(row)?.data ?? [])]);
  const inputs = {
    sample: result.firstSample,
    encoder_hidden_states: joinRows((row) => row.promptEmbedding),
    ...(run.model.usesTimeIds
      ? {
          text_embeds: joinRows((row) => row.pooledEmbedding),
          time_ids: joinRows((row) => row.timeIds),
        }
      : {}),
    ...(run.model.guidanceEmbeddingWidth === undefined
      ? {}
      : { timestep_cond: joinRows((row) => row.guidanceEmbedding) }),
  };
  const isEncoded =
    run.negative !== undefined &&
    !(run.model.zeroesEmptyNegative && call.negative_prompt === undefined);
  await writeJson('pipelines/tiny/cases/one/case.json', {
    pipeline_class: trial.pipelineClass,
    call: {
      prompt: PROMPT,
      num_inference_steps: STEPS,
      ...call,
      ...(from === 'words' ? {} : { image: 'image.png' }),
      ...(from === 'masked picture' ? { mask_image: { file: 'mask.png' } } : {}),
    },
    scheduler: { class: 'DDIMScheduler', config: scheduler },
    text_encoder_calls: (isEncoded ? [PROMPT, ''] : [PROMPT]).flatMap((text) =>
      run.model.textStages.map(({ tokenizer }) => ({ input_ids: [tokenizer.tokenize(text).ids] })),
    ),
    loop_timesteps: result.timesteps,
    noise_draws: await Promise.all(
      draws.map(async ([usedFor, { data, shape }], at) => ({
        used_for: usedFor,
        ...(await writeArray(`noise_${at}`, data, shape)),
      })),
    ),
    first_model_call: {
      inputs: {
        timestep: result.timesteps[0],
        ...Object.fromEntries(
          await Promise.all(
            Object.entries(inputs).map(async ([name, data]) => [
              name,
              await writeArray(name, data),
            ]),
          ),
        ),
      },
      output: await writeArray('output', result.firstOutput),
    },
    latents_per_step: await writeArray(
      'latents',
      result.latents.flatMap((step) => [...step]),
    ),
    image_float: await writeArray('image', toInterleaved(result.decoded)),
  });
  const grey = Uint8Array.from(
    { length: 3 * MASK.length },
    (_, at) => 255 * (MASK[Math.floor(at / 3)] ?? 0),
  );
  const size = { widthPx: SIDE_PX, heightPx: SIDE_PX };
  await writeFile(
    join(folder, 'pipelines/tiny/cases/one/image.png'),
    toPng({ ...size, rgb: PICTURE }),
  );
  await writeFile(join(folder, 'pipelines/tiny/cases/one/mask.png'), toPng({ ...size, rgb: grey }));
}

/** [1, 3, height, width] in -1..1 to [height, width, 3] in 0..1. */
function toInterleaved({ data }: Tensor): number[] {
  const plane = data.length / 3;
  return Array.from(data, (_, at) => {
    const value = data[(at % 3) * plane + Math.floor(at / 3)] ?? 0;
    return Math.min(1, Math.max(0, value / 2 + 0.5));
  });
}

async function writeArray(
  name: string,
  data: ArrayLike<number>,
  shape: readonly number[] = [data.length],
) {
  const numbers = Float32Array.from(data);
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(', ')},), }\n`;
  const head = Buffer.alloc(10);
  head.write('\x93NUMPY\x01\x00', 'latin1');
  head.writeUInt16LE(text.length, 8);
  await mkdir(join(folder, 'pipelines/tiny/cases/one'), { recursive: true });
  await writeFile(
    join(folder, 'pipelines/tiny/cases/one', `${name}.npy`),
    Buffer.concat([head, Buffer.from(text, 'latin1'), Buffer.from(numbers.buffer)]),
  );
  return { file: `${name}.npy`, shape };
}

async function writeJson(path: string, content: unknown): Promise<void> {
  await mkdir(join(folder, path, '..'), { recursive: true });
  await writeFile(join(folder, path), JSON.stringify(content));
}

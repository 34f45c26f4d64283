/** Runs one pipeline case with the project's own stages, and keeps what the reference kept. */
import type { Settings } from '#contract/generation-result.ts';
import { drawLatents } from '../../gpu-function/pipeline/draw.ts';
import type { Studio } from '../../gpu-function/pipeline/draw.ts';
import { resolveMask } from '../../gpu-function/pipeline/editing/resolve-mask.ts';
import { encodePrompts } from '../../gpu-function/pipeline/encode-prompt.ts';
import { joinBatch, repeatRows } from '../../gpu-function/pipeline/join-tensors.ts';
import type { PixelImage } from '../../gpu-function/pipeline/pixels.ts';
import type { ImageModel, NetworkCall, Tensor } from '../../gpu-function/pipeline/ports.ts';
import type { NoiseStream } from '../../gpu-function/pipeline/prepare-latents.ts';
import { resampleAsPillow } from '../../gpu-function/pipeline/resample-picture.ts';
import { isGuided, tokenizePrompts } from '../../gpu-function/pipeline/tokenize-prompts.ts';
import type { TokenizedRow } from '../../gpu-function/pipeline/tokenize-prompts.ts';
import { planSampling } from '../../gpu-function/sampling/plan-sampling.ts';
import type { SamplingPlan } from '../../gpu-function/sampling/sampling-plan.ts';
import { toSettings, toText } from './pipeline-arguments.ts';
import type { PipelineKind } from './pipeline-arguments.ts';
import type { PipelineCall, PipelineCase } from './pipeline-case-schema.ts';
import { toFrames, toTimeIds } from './picture-frames.ts';
import type { Frames } from './picture-frames.ts';
import type { BuiltScheduler } from './scheduler-case.ts';

/** Arrays and pictures that a case names, read. */
export interface CaseInputs {
  /** The reference's draws in their order: all of one row a picture, or one row for all. */
  noise: readonly { usedFor: string; values: Tensor }[];
  picture: PixelImage | undefined;
  mask: PixelImage | undefined;
  /** [1, tokens, width], and [1, width] where the model wants a pooled vector; none where the prompt is text. */
  embeddings: { positive: TextEmbedding; negative: TextEmbedding | undefined } | undefined;
}

interface TextEmbedding {
  hiddenStates: Tensor;
  pooled: Tensor | undefined;
}

export interface ReplayedRun {
  /** Every list that a text encoder was given, in the reference's order: the positive prompt first. */
  ids: (readonly number[])[];
  timesteps: readonly number[];
  /** By the reference's names of the inputs. */
  firstCall: { inputs: ReadonlyMap<string, Float32Array>; output: Float32Array };
  /** All steps one after the other. */
  latentsPerStep: number[];
  /** [batch, height, width, 3] in 0..1. */
  picture: Float32Array;
}

export async function replayPipeline(
  model: ImageModel,
  reference: PipelineCase & { kind: PipelineKind },
  scheduler: BuiltScheduler,
  inputs: CaseInputs,
): Promise<ReplayedRun> {
  const { call, kind } = reference;
  const settings = toSettings({ model, kind, picture: inputs.picture }, call, scheduler);
  const { rows, encoding } = await encodeWords(model, call, { settings, inputs });
  const recorded = recordingModel(model, toFrames(model, call, settings));
  const latentsPerStep: number[] = [];
  const plan = recordingPlan(
    planSampling({
      ...settings,
      scheduler: scheduler.config,
      eta: call.eta,
      schedule: {
        timesteps: call.timesteps ?? undefined,
        sigmas: call.sigmas ?? undefined,
        originalSteps: call.original_inference_steps ?? undefined,
      },
      strengthRule: reference.pipeline_class.startsWith('LatentConsistency')
        ? 'schedule'
        : undefined,
    }),
    latentsPerStep,
  );
  const studio: Studio = {
    model: recorded.model,
    settings,
    plan,
    encoding,
    streams: createStreams(inputs.noise, settings.count, skipsMaskedPicture(kind, model)),
    run: { report: () => undefined, isCanceled: () => false },
  };
  const latents = await drawLatents(studio, {
    size: settings,
    start: kind.start === 'words' ? undefined : toStart(inputs, settings),
  });
  const decoded = await model.decode({
    data: latents.data.map((value) => value / model.scalingFactor + model.shiftFactor),
    shape: latents.shape,
  });
  const { firstCall } = recorded;
  if (firstCall === undefined) throw new Error('the network was never called');
  return {
    ids: rows
      .toReversed()
      .flatMap((row) => (row.isZeroed ? [] : row.stages.flat().map((chunk) => chunk.ids))),
    timesteps: plan.timesteps,
    firstCall,
    latentsPerStep,
    picture: toInterleaved(decoded),
  };
}

async function encodeWords(
  model: ImageModel,
  call: PipelineCall,
  { settings, inputs: { embeddings } }: { settings: Settings; inputs: CaseInputs },
): Promise<{ rows: TokenizedRow[]; encoding: Studio['encoding'] }> {
  if (embeddings !== undefined) {
    const texts = [embeddings.positive];
    if (isGuided(model, settings) && embeddings.negative !== undefined) {
      texts.unshift(embeddings.negative);
    }
    const join = (tensors: Tensor[]) => repeatRows(joinBatch(tensors), settings.count);
    const pooled = texts.flatMap((text) => text.pooled ?? []);
    return {
      rows: [],
      encoding: {
        promptEmbedding: join(texts.map((text) => text.hiddenStates)),
        pooledEmbedding: model.usesPooledEmbedding ? join(pooled) : undefined,
      },
    };
  }
  // An empty negative prompt is encoded, none at all is zeros; the product takes both for none.
  const isNone = call.negative_prompt === undefined || call.negative_prompt === null;
  const zeroesEmptyNegative = isNone && model.zeroesEmptyNegative;
  const rows = tokenizeForStages({ ...model, zeroesEmptyNegative }, call, settings);
  return { rows, encoding: await encodePrompts(model, rows, settings.count) };
}

/** The product has one prompt for all text encoders; the second one's own is put in its place here. */
function tokenizeForStages(
  model: ImageModel,
  call: PipelineCall,
  settings: Settings,
): TokenizedRow[] {
  const { rows } = tokenizePrompts(model, settings);
  if (!call.prompt_2 && !call.negative_prompt_2) return rows;
  const second = tokenizePrompts(model, {
    ...settings,
    prompt: toText(call.prompt_2 ?? call.prompt),
    negativePrompt: toText(call.negative_prompt_2 ?? call.negative_prompt),
  });
  return rows.map((row, index) => ({
    ...row,
    stages: row.stages.map((chunks, stage) =>
      stage === 0 ? chunks : (second.rows[index]?.stages[stage] ?? chunks),
    ),
  }));
}

/** The picture is handed over beside it, decoded. */
const ANY_IMAGE_MASK = { kind: 'image', image: { kind: 'inline', base64: '' } } as const;

function toStart({ picture, mask }: CaseInputs, settings: Settings) {
  if (picture === undefined) throw new Error('the case has no picture to start from');
  const { widthPx, heightPx, strength = 1 } = settings;
  return {
    pictures: [resampleAsPillow(picture, widthPx, heightPx)],
    strength,
    mask:
      mask === undefined
        ? undefined
        : resolveMask(ANY_IMAGE_MASK, settings, resampleAsPillow(mask, widthPx, heightPx)),
  };
}

/** The reference encodes the masked picture for every network, though only one for inpainting looks at it. */
const skipsMaskedPicture = ({ start }: PipelineKind, { isInpainting }: ImageModel) =>
  start === 'masked picture' && !isInpainting;

/** One stream a picture: each draw gives its row of the reference's next array. */
function createStreams(
  noise: CaseInputs['noise'],
  count: number,
  isMaskedPictureSkipped: boolean,
): NoiseStream[] {
  const start = noise.findIndex(({ usedFor }) => usedFor === 'latents_noise');
  const draws = noise.filter(
    ({ usedFor }, index) =>
      !isMaskedPictureSkipped || index < start || usedFor !== 'vae_encoder_posterior_sample',
  );
  return Array.from({ length: count }, (_, row) => {
    let next = 0;
    return {
      draw(length) {
        const draw = draws[next++]?.values;
        const rows = draw === undefined ? 0 : draw.data.length / length;
        const first = (row % Math.max(1, rows)) * length;
        return draw?.data.slice(first, first + length) ?? new Float32Array(0);
      },
    };
  });
}

function recordingPlan(plan: SamplingPlan, latentsPerStep: number[]): SamplingPlan {
  return {
    ...plan,
    sample: (run) =>
      plan.sample({
        ...run,
        async onStep(step) {
          await run.onStep(step);
          // Afterwards: what is kept of a masked picture is put back in there.
          for (const value of step.latents) latentsPerStep.push(value);
        },
      }),
  };
}

/** The same model, told of the case's sizes; keeps its first call. */
function recordingModel(model: ImageModel, frames: Frames) {
  const recorded: { model: ImageModel; firstCall: ReplayedRun['firstCall'] | undefined } = {
    firstCall: undefined,
    model: {
      ...model,
      async predict(given) {
        const timeIds = toTimeIds(model, given, frames);
        const call = { ...given, conditioning: { ...given.conditioning, timeIds } };
        const inputs = recorded.firstCall === undefined ? toNamedInputs(call) : undefined;
        const output = await model.predict(call);
        if (inputs !== undefined) recorded.firstCall = { inputs, output: output.data.slice() };
        return output;
      },
    },
  };
  return recorded;
}

function toNamedInputs({ sample, conditioning, extraChannels }: NetworkCall) {
  const { promptEmbedding, pooledEmbedding, timeIds, guidanceEmbedding } = conditioning;
  const named = [
    ['sample', joinPlanes(sample, extraChannels)],
    ['encoder_hidden_states', promptEmbedding.data],
    ['text_embeds', pooledEmbedding?.data],
    ['time_ids', timeIds?.data],
    ['timestep_cond', guidanceEmbedding?.data],
  ] as const;
  return new Map(named.flatMap(([name, data]) => (data === undefined ? [] : [[name, data]])));
}

/** A copy, each row followed by its extra channels. */
function joinPlanes(sample: Tensor, extra: Tensor | undefined): Float32Array {
  if (extra === undefined) return sample.data.slice();
  const [rows = 0] = sample.shape;
  const rowOf = ({ data }: Tensor, row: number) => [
    ...data.subarray((row * data.length) / rows, ((row + 1) * data.length) / rows),
  ];
  return Float32Array.from(
    Array.from({ length: rows }, (_, row) => [...rowOf(sample, row), ...rowOf(extra, row)]).flat(),
  );
}

/** [batch, 3, height, width] in -1..1 to [batch, height, width, 3] in 0..1. */
function toInterleaved({ data, shape }: Tensor): Float32Array {
  const [, channels = 0, height = 0, width = 0] = shape;
  const plane = height * width;
  const picture = new Float32Array(data.length);
  for (let index = 0; index < data.length; index++) {
    const pixel = index % plane;
    const channel = Math.floor(index / plane) % channels;
    const image = Math.floor(index / (plane * channels));
    const unit = Math.min(1, Math.max(0, (data[index] ?? 0) / 2 + 0.5));
    picture[(image * plane + pixel) * channels + channel] = unit;
  }
  return picture;
}

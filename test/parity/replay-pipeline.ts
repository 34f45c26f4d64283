/** Runs one pipeline case with the project's own stages, and keeps what the reference kept. */
import type { Settings } from '#contract/generation-result.ts';
import { denoise } from '../../gpu-function/pipeline/denoise.ts';
import { encodePrompts } from '../../gpu-function/pipeline/encode-prompt.ts';
import type { ImageModel, Tensor } from '../../gpu-function/pipeline/ports.ts';
import { prepareConditioning } from '../../gpu-function/pipeline/prepare-conditioning.ts';
import { tokenizePrompts } from '../../gpu-function/pipeline/tokenize-prompts.ts';
import { planSampling } from '../../gpu-function/sampling/plan-sampling.ts';
import type { SamplingPlan } from '../../gpu-function/sampling/sampling-plan.ts';
import type { PipelineCase } from './pipeline-case-schema.ts';
import type { BuiltScheduler } from './scheduler-case.ts';

export interface ReplayedRun {
  /** As the batch has them: negative first where there is guidance. */
  ids: (readonly number[])[];
  timesteps: readonly number[];
  firstCall: { sample: Float32Array; promptEmbedding: Float32Array; output: Float32Array };
  /** All steps one after the other. */
  latentsPerStep: number[];
  /** [batch, height, width, 3] in 0..1. */
  picture: Float32Array;
}

/** `noise` are the reference's draws in their order: the start first, then what the sampler asked for. */
export async function replayPipeline(
  model: ImageModel,
  reference: PipelineCase,
  scheduler: BuiltScheduler,
  noise: readonly Float32Array[],
): Promise<ReplayedRun> {
  const settings = toSettings(model, reference, scheduler);
  const { rows } = tokenizePrompts(model, settings);
  const encoding = await encodePrompts(model, rows, settings.count);
  const conditioning = prepareConditioning({ model, settings, encoding });
  const latentsPerStep: number[] = [];
  const plan = recordingPlan(
    planSampling({
      scheduler: scheduler.config,
      sampler: scheduler.sampler,
      spacing: scheduler.spacing,
      steps: settings.steps,
      eta: reference.call.eta,
    }),
    latentsPerStep,
  );
  const recorded = recordingModel(model);
  const [startNoise = new Float32Array(0), ...stepNoise] = noise;
  const latents = await denoise({
    model: recorded.model,
    settings,
    plan,
    conditioning,
    start: {
      latents: startNoise.map((value) => value * plan.initialNoiseScale),
      shape: [
        settings.count,
        model.latentChannels,
        settings.heightPx / model.vaeFactor,
        settings.widthPx / model.vaeFactor,
      ],
      drawNoise: () => stepNoise.shift() ?? new Float32Array(0),
    },
    run: { report: () => undefined, isCanceled: () => false },
  });
  const decoded = await model.decode({
    data: latents.data.map((value) => value / model.scalingFactor + model.shiftFactor),
    shape: latents.shape,
  });
  if (recorded.firstCall === undefined) throw new Error('the network was never called');
  return {
    ids: rows.flatMap(({ stageIds }) => stageIds),
    timesteps: plan.timesteps,
    firstCall: recorded.firstCall,
    latentsPerStep,
    picture: toInterleaved(decoded),
  };
}

function toSettings(
  model: ImageModel,
  { call }: PipelineCase,
  { sampler, spacing }: BuiltScheduler,
): Settings {
  const { widthPx, heightPx } = model.description.defaults;
  return {
    modelId: model.description.id,
    modelDigest: model.digest,
    prompt: call.prompt,
    negativePrompt: call.negative_prompt,
    widthPx: call.width ?? widthPx,
    heightPx: call.height ?? heightPx,
    seed: 0,
    count: call.num_images_per_prompt,
    steps: call.num_inference_steps,
    guidanceScale: call.guidance_scale,
    guidanceRescale: call.guidance_rescale,
    sampler,
    spacing,
  };
}

function recordingPlan(plan: SamplingPlan, latentsPerStep: number[]): SamplingPlan {
  return {
    ...plan,
    sample: (run) =>
      plan.sample({
        ...run,
        async onStep(step) {
          for (const value of step.latents) latentsPerStep.push(value);
          await run.onStep(step);
        },
      }),
  };
}

function recordingModel(model: ImageModel) {
  const recorded: {
    model: Pick<ImageModel, 'predict' | 'previewMap' | 'guidanceEmbeddingWidth'>;
    firstCall: ReplayedRun['firstCall'] | undefined;
  } = {
    firstCall: undefined,
    model: {
      previewMap: model.previewMap,
      guidanceEmbeddingWidth: model.guidanceEmbeddingWidth,
      async predict(call) {
        const sample = call.sample.data.slice();
        const output = await model.predict(call);
        recorded.firstCall ??= {
          sample,
          promptEmbedding: call.conditioning.promptEmbedding.data,
          output: output.data.slice(),
        };
        return output;
      },
    },
  };
  return recorded;
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

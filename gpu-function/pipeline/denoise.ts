/** From noise to latents: the sampler's steps, each a call of the network under classifier-free guidance. */
import type { Settings } from '#contract/generation-result.ts';
import type { Preview } from '#contract/job-event.ts';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { applyGuidance } from '../sampling/guidance.ts';
import type { SamplingPlan, SamplingStep } from '../sampling/sampling-plan.ts';
import { blendKept } from './blend-kept.ts';
import { repeatBatch } from './join-tensors.ts';
import type { Conditioning, EngineRun, ImageModel, Tensor } from './ports.ts';
import type { StartingPoint } from './prepare-latents.ts';
import { createPreviewPainter } from './preview.ts';
import { callRolled } from './seamless.ts';
import { isGuided } from './tokenize-prompts.ts';

/** Ends a run from inside when a cancel was asked for. */
export class RunCanceled extends Error {
  override readonly name = 'RunCanceled';
}

export interface DenoisingJob {
  model: Pick<ImageModel, 'predict' | 'previewMap' | 'guidanceEmbeddingWidth'>;
  settings: Settings;
  plan: SamplingPlan;
  start: StartingPoint;
  /** For all rows of the batch, negatives first where there is guidance. */
  conditioning: Conditioning;
  /** For an inpainting network: [count, 1 + channels, height, width], the mask and the masked picture's latents. */
  extraChannels?: Tensor | undefined;
  run: Pick<EngineRun, 'report' | 'isCanceled'>;
  /** Where this run stands among several of one job; it is the only one when left out. */
  part?: { stepsBefore: number; stepsInAll: number } | undefined;
  /** What a step looks like; the latents as they are when left out. */
  paint?: ((denoised: Float32Array) => Preview) | undefined;
}

/** The final latents, shaped as the start. Reports every step with a preview; throws RunCanceled between two steps. */
export async function denoise(job: DenoisingJob): Promise<Tensor> {
  const { plan, start, run, model, part } = job;
  const paint = job.paint ?? createPreviewPainter(model.previewMap, start.shape);
  const onStep = async ({ step, steps, call, isStepEnd, latents, denoised }: SamplingStep) => {
    if (start.kept !== undefined) blendKept(latents, start.kept, plan, call);
    if (isStepEnd) {
      run.report({
        type: 'step-end',
        step: (part?.stepsBefore ?? 0) + step,
        steps: part?.stepsInAll ?? steps,
        preview: paint(denoised),
      });
    }
    // Messages, a cancel among them, arrive between turns of the event loop only.
    await nextTurn();
    if (run.isCanceled()) throw new RunCanceled();
  };
  if (run.isCanceled()) throw new RunCanceled();
  const data = await plan.sample({
    start: start.latents,
    callNetwork: job.settings.tile
      ? callRolled(createNetworkCall(job), start.shape)
      : createNetworkCall(job),
    pictures: start.shape[0],
    drawNoise: start.drawNoise,
    onStep,
  });
  return { data, shape: start.shape };
}

function createNetworkCall({
  model,
  settings,
  start,
  conditioning,
  extraChannels,
}: DenoisingJob): (sample: Float32Array, timestep: number) => Promise<Float32Array> {
  const { shape } = start;
  if (!isGuided(model, settings)) {
    return async (sample, timestep) => {
      const call = { sample: { data: sample, shape }, timestep, conditioning, extraChannels };
      return (await model.predict(call)).data;
    };
  }
  const { length } = start.latents;
  // Both halves of the batch hold the same sample. One array serves all steps.
  const batch: Tensor = {
    data: new Float32Array(2 * length),
    shape: [2 * shape[0], ...shape.slice(1)],
  };
  const bothExtraChannels = extraChannels === undefined ? undefined : repeatBatch(extraChannels);
  return async (sample, timestep) => {
    batch.data.set(sample, 0);
    batch.data.set(sample, length);
    const { data } = await model.predict({
      sample: batch,
      timestep,
      conditioning,
      extraChannels: bothExtraChannels,
    });
    return applyGuidance({
      negative: data.subarray(0, length),
      positive: data.subarray(length),
      scale: settings.guidanceScale,
      rescale: settings.guidanceRescale,
      pictures: shape[0],
    });
  };
}

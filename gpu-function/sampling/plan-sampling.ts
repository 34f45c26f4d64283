/** From a request and a model's scheduler configuration to a run that is fixed in every number. */
import { GenerationError } from '#contract/generation-error.ts';
import { SAMPLER_LABELS, type SamplerId, type SpacingId } from '#contract/generation-request.ts';
import { defaultSpacing } from './default-sampler.ts';
import type { LevelTable } from './levels/level-table.ts';
import {
  cleanWeights,
  networkInputScale,
  type NetworkLevel,
  type NoiseStep,
  type Prediction,
} from './noise-level.ts';
import { toSamplerOptions } from './sampler-options.ts';
import { SAMPLERS } from './sampler-registry.ts';
import { unsupported } from './unsupported.ts';
import type { SamplerInput, SamplerOptions } from './sampler.ts';
import type { SamplingPlan, SamplingRun } from './sampling-plan.ts';
import type { SchedulerConfig } from './scheduler-config.ts';

export interface SamplingRequest {
  scheduler: SchedulerConfig;
  sampler: SamplerId;
  /** Left out = `defaultSpacing`. */
  spacing?: SpacingId | undefined;
  /** 1..num_train_timesteps */
  steps: number;
  /** DDIM only, 0..1: how much fresh noise each step brings, 0 when left out. */
  eta?: number | undefined;
  /** 0..1: only the last floor(steps · strength) steps, for a start from a picture. All steps when left out. */
  strength?: number | undefined;
}

/** @throws GenerationError `sampler-unsupported` for what cannot be drawn, `model-broken` for an unusable schedule. */
export function planSampling(request: SamplingRequest): SamplingPlan {
  const { scheduler, sampler, steps } = request;
  const entry = SAMPLERS[sampler];
  const spacing = request.spacing ?? defaultSpacing(scheduler, sampler);
  checkSteps(steps, scheduler.num_train_timesteps);
  if (!entry.levels.spacings.includes(spacing)) {
    throw unsupported(
      `${SAMPLER_LABELS[sampler]} has no ${spacing} spacing; choose ${entry.levels.spacings.join(', ')}.`,
    );
  }
  const options = toSamplerOptions(request);
  const table = entry.levels.build({ config: scheduler, spacing, stepCount: steps });
  checkTable(table, scheduler, SAMPLER_LABELS[sampler]);
  const rows = table.steps.slice(firstStep(steps, request.strength));
  const [first] = rows;
  if (first === undefined) {
    throw unsupported(
      `A strength of ${request.strength} leaves none of ${steps} steps; raise the strength or the steps.`,
    );
  }
  return {
    sampler,
    spacing,
    timesteps: rows.map((row) => row.from.timestep),
    initialNoiseScale: table.initialNoiseScale,
    startLevel: { alpha: first.from.alpha, sigma: first.from.sigma },
    levels: rows.map(({ from: { alpha, sigma } }) => ({ alpha, sigma })),
    sample: (run) => entry.run(toSamplerInput(run, rows, options, scheduler.prediction_type)),
  };
}

function checkSteps(steps: number, max: number): void {
  if (!Number.isInteger(steps) || steps < 1 || steps > max) {
    throw unsupported(
      `This model draws in 1 to ${max} steps, not ${steps}; choose a whole number in between.`,
    );
  }
}

function firstStep(steps: number, strength: number | undefined): number {
  if (strength === undefined) return 0;
  if (!(strength >= 0 && strength <= 1)) {
    throw unsupported(`A strength of ${strength} is out of range; choose 0 to 1.`);
  }
  return steps - Math.min(Math.trunc(steps * strength), steps);
}

function checkTable(table: LevelTable, scheduler: SchedulerConfig, title: string): void {
  const hasPureNoise = table.steps.some((step) => step.from.alpha === 0);
  if (hasPureNoise && scheduler.prediction_type === 'epsilon') {
    throw unsupported(
      `${title} cannot begin at pure noise with a network that predicts the noise; choose the sampler euler.`,
    );
  }
  if (!table.steps.every((step) => step.from.sigma > 0 && Number.isFinite(step.from.sigma))) {
    throw new GenerationError(
      'model-broken',
      "The betas in the model's scheduler_config.json are too small or too large to draw with. Repair the model package.",
    );
  }
}

function toSamplerInput(
  run: SamplingRun,
  steps: readonly NoiseStep[],
  options: SamplerOptions,
  prediction: Prediction,
): SamplerInput {
  return {
    sample: run.start.slice(),
    steps,
    options,
    denoise: createDenoiser(run, prediction),
    drawNoise: () => run.drawNoise(),
    onStep: async (index, latents, denoised) => {
      await run.onStep({ step: index + 1, steps: steps.length, latents, denoised });
    },
  };
}

/** Hides from the samplers what the network predicts and how it wants its input scaled. */
function createDenoiser(run: SamplingRun, prediction: Prediction): SamplerInput['denoise'] {
  const buffer = new Float32Array(run.start.length);
  return async (sample, level: NetworkLevel, clean) => {
    const scaled = scaleSample(sample, networkInputScale(level), buffer);
    const output = await run.callNetwork(scaled, level.timestep);
    if (output.length !== sample.length) {
      throw new GenerationError(
        'model-broken',
        `The model's network answered with ${output.length} values for ${sample.length}. Repair the model package.`,
      );
    }
    const weights = cleanWeights(prediction, level);
    for (let index = 0; index < clean.length; index++) {
      clean[index] = weights.sample * (sample[index] ?? 0) + weights.output * (output[index] ?? 0);
    }
  };
}

/** The sample itself where there is nothing to scale, to the last bits of alpha² + sigma² = 1. */
function scaleSample(sample: Float32Array, scale: number, buffer: Float32Array): Float32Array {
  if (Math.abs(scale - 1) < 1e-12) return sample;
  for (let index = 0; index < sample.length; index++) {
    buffer[index] = scale * (sample[index] ?? 0);
  }
  return buffer;
}

/** From a request and a model's scheduler configuration to a run that is fixed in every number. */
import { GenerationError } from '#contract/generation-error.ts';
import { SAMPLER_LABELS, type SamplerId, type SpacingId } from '#contract/generation-request.ts';
import { checkOptions } from './check-options.ts';
import { defaultSpacing } from './default-sampler.ts';
import { firstCallOf, type StrengthRule } from './image-start.ts';
import { resolveScheduler } from './resolve-scheduler.ts';
import { countSteps, runSampler } from './run-sampler.ts';
import type { ResolvedScheduler, Sampler, SamplerOptions, ScheduleRequest } from './sampler.ts';
import { SAMPLERS } from './sampler-registry.ts';
import type { SamplingPlan } from './sampling-plan.ts';
import type { SchedulerConfig } from './scheduler-config.ts';
import { unsupported } from './unsupported.ts';

export interface SamplingRequest extends SamplerOptions {
  scheduler: SchedulerConfig;
  sampler: SamplerId;
  /** Left out = `defaultSpacing`. */
  spacing?: SpacingId | undefined;
  /** 1..num_train_timesteps */
  steps: number;
  /** For a start from a picture, 0..1: how much of the way is run. All of it when left out. */
  strength?: number | undefined;
  /** Left out = the rule of the sampler's own pipelines. */
  strengthRule?: StrengthRule | undefined;
  /** Lists and shifts in place of what follows from steps and spacing. */
  schedule?: Omit<ScheduleRequest, 'steps'> | undefined;
}

/** @throws GenerationError `sampler-unsupported` for what cannot be drawn, `model-broken` for an unusable schedule. */
export function planSampling(request: SamplingRequest): SamplingPlan {
  const { scheduler, sampler: id, steps } = request;
  const entry = SAMPLERS[id];
  const spacing = request.spacing ?? defaultSpacing(scheduler, id);
  checkSteps(steps, scheduler.num_train_timesteps);
  if (!entry.spacings.includes(spacing)) {
    throw unsupported(
      `${SAMPLER_LABELS[id]} has no ${spacing} spacing; choose ${entry.spacings.join(', ')}.`,
    );
  }
  const options = checkOptions(request, id);
  const config = resolveScheduler(scheduler, id, spacing);
  checkPrediction(config, id);
  const start = firstCallOf({ ...request, sampler: id });
  const sampler = entry.create({
    config,
    options,
    request: { ...request.schedule, ...start.schedule, steps },
  });
  checkTable(sampler, config, id);
  const firstCall = start.step * sampler.callsPerStep;
  const startLevel = sampler.noiseLevels[firstCall];
  if (startLevel === undefined) {
    throw unsupported(
      `A strength of ${request.strength} leaves none of ${steps} steps; raise the strength or the steps.`,
    );
  }
  return {
    sampler: id,
    spacing,
    steps: countSteps(sampler, firstCall),
    timesteps: sampler.timesteps.slice(firstCall),
    initialNoiseScale: sampler.initialNoiseScale,
    startLevel,
    levels: sampler.noiseLevels.slice(firstCall),
    sample: (run) => runSampler(sampler, firstCall, run),
  };
}

function checkSteps(steps: number, max: number): void {
  if (!Number.isInteger(steps) || steps < 1 || steps > max) {
    throw unsupported(
      `This model draws in 1 to ${max} steps, not ${steps}; choose a whole number in between.`,
    );
  }
}

/** A flow needs a sampler that follows flows, and the other way round. */
function checkPrediction(config: ResolvedScheduler, id: SamplerId): void {
  const isFlow = config.prediction_type === 'flow_prediction';
  if (isFlow && SAMPLERS[id].followsFlows !== true) {
    throw unsupported(
      `${SAMPLER_LABELS[id]} cannot draw with a model that predicts a flow; choose the sampler flow-match-euler.`,
    );
  }
  if (!isFlow && id === 'flow-match-euler') {
    throw unsupported(
      `${SAMPLER_LABELS[id]} needs a model that predicts a flow, and this one predicts ${config.prediction_type}; choose the sampler euler.`,
    );
  }
}

function checkTable(sampler: Sampler, config: ResolvedScheduler, id: SamplerId): void {
  const hasPureNoise = sampler.noiseLevels.some((level) => level.alpha === 0);
  if (hasPureNoise && config.prediction_type === 'epsilon' && id !== 'ipndm') {
    throw unsupported(
      `${SAMPLER_LABELS[id]} cannot begin at pure noise with a network that predicts the noise; choose the sampler euler.`,
    );
  }
  const isUsable = sampler.noiseLevels.every(
    ({ sigma }) => Number.isFinite(sigma) && (sigma > 0 || config.invert_sigmas),
  );
  if (!isUsable) {
    throw new GenerationError(
      'model-broken',
      "The betas in the model's scheduler_config.json are too small or too large to draw with. Repair the model package.",
    );
  }
}

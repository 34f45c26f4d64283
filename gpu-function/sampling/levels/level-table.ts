/** What turns a scheduler configuration and a number of steps into the table that a sampler walks along. */
import type { SpacingId } from '#contract/generation-request.ts';
import { toAlphaBars, toBetas } from '../beta-schedule.ts';
import type { NoiseStep } from '../noise-level.ts';
import type { SchedulerConfig } from '../scheduler-config.ts';
import { leadingTimesteps, linspace, trailingTimesteps } from '../timestep-spacing.ts';

export interface LevelRequest {
  config: SchedulerConfig;
  spacing: SpacingId;
  /** 1..num_train_timesteps */
  stepCount: number;
}

export interface LevelTable {
  /** `stepCount` rows, from noisy to clean. */
  steps: NoiseStep[];
  /** Factor for unit noise that gives it the variance of the first level. */
  initialNoiseScale: number;
}

/** A kind of table. Samplers of one family share it, so that a new sampler brings no table of its own. */
export interface LevelFamily {
  spacings: readonly SpacingId[];
  /** Where neither the person nor the model package says one. */
  defaultSpacing: 'leading' | 'linspace';
  build(request: LevelRequest): LevelTable;
}

/** Where Karras sigmas replace the timesteps, the spacing still says from where to where. */
export function plainSpacing(
  { config, spacing }: LevelRequest,
  fallback: LevelFamily['defaultSpacing'],
): Exclude<SpacingId, 'karras'> {
  return spacing === 'karras' ? (config.timestep_spacing ?? fallback) : spacing;
}

/**
 * Timesteps spread over the training's, noisiest first. Families differ in their default spacing and in how they round
 * those of linspace.
 */
export function spreadTimesteps(
  request: LevelRequest,
  fallback: LevelFamily['defaultSpacing'],
  roundLinspace: (timestep: number) => number,
): number[] {
  const { config, stepCount } = request;
  const length = config.num_train_timesteps;
  switch (plainSpacing(request, fallback)) {
    case 'leading':
      return leadingTimesteps(Math.floor(length / stepCount), stepCount, {
        offset: config.steps_offset,
        length,
      });
    case 'trailing':
      return trailingTimesteps(length, stepCount);
    case 'linspace':
      return linspace(0, length - 1, stepCount)
        .map(roundLinspace)
        .toReversed();
  }
}

export function trainedAlphaBars(config: SchedulerConfig): Float64Array {
  return toAlphaBars(toBetas(config));
}

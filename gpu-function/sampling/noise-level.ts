/** The table that a sampler walks along, and how the clean picture follows from what the network says. */
import type { SchedulerConfig } from './scheduler-config.ts';

/**
 * How noisy a sample is: sample = alpha · clean + sigma · noise.
 * Variance-preserving tables (DDPM, DDIM, DPM++) have alpha² + sigma² = 1; Euler's have alpha = 1.
 */
export interface NoiseLevel {
  alpha: number;
  sigma: number;
}

/** A level at which the network is asked. */
export interface NetworkLevel extends NoiseLevel {
  /** What the network is told: 0..num_train_timesteps - 1, fractional in Euler's tables. */
  timestep: number;
}

/**
 * One row of the table. `to` is not always the next row's `from`: DDIM's reference subtracts a whole
 * number of timesteps, which for step counts that do not divide the schedule misses the next row a little.
 */
export interface NoiseStep {
  from: NetworkLevel;
  to: NoiseLevel;
}

/** The end of every table that goes all the way: nothing but the picture. */
export const CLEAN_LEVEL: NoiseLevel = { alpha: 1, sigma: 0 };

/** The variance-preserving level of a cumulative product of alphas, 0..1. */
export function toPreservingLevel(alphaBar: number): NoiseLevel {
  return { alpha: Math.sqrt(alphaBar), sigma: Math.sqrt(1 - alphaBar) };
}

/** The variance-preserving level with the given ratio sigma / alpha. */
export function toPreservingLevelOfRatio(ratio: number): NoiseLevel {
  const alpha = 1 / Math.sqrt(ratio * ratio + 1);
  return { alpha, sigma: ratio * alpha };
}

/** Factor that gives a sample of this level the variance that the network was trained with. */
export function networkInputScale({ alpha, sigma }: NoiseLevel): number {
  return 1 / Math.hypot(alpha, sigma);
}

/**
 * What the network was trained to say. With scaled sample z = a·clean + s·noise, a² + s² = 1:
 * epsilon says the noise, v_prediction a·noise - s·clean (https://arxiv.org/abs/2202.00512), sample the clean picture.
 */
export type Prediction = SchedulerConfig['prediction_type'];

/** clean = sample · `sample` + output · `output`, for an unscaled sample. */
export interface CleanWeights {
  sample: number;
  output: number;
}

/** Infinite for epsilon at alpha = 0: noise says nothing about a picture that is not there. */
export function cleanWeights(prediction: Prediction, level: NoiseLevel): CleanWeights {
  const scale = networkInputScale(level);
  switch (prediction) {
    case 'epsilon':
      return { sample: 1 / level.alpha, output: -level.sigma / level.alpha };
    case 'v_prediction':
      return { sample: level.alpha * scale * scale, output: -level.sigma * scale };
    case 'sample':
      return { sample: 0, output: 1 };
  }
}

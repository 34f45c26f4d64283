/** What a sampler is: one function that walks a table of noise levels with a denoiser and knows nothing else. */
import type { NetworkLevel, NoiseStep } from './noise-level.ts';

export interface SamplerInput {
  /** The sample at the first level. The sampler may write into it and returns it, or another array, at the end. */
  sample: Float32Array;
  /** From noisy to clean, at least one. */
  steps: readonly NoiseStep[];
  /** Writes the network's idea of the clean picture, whatever it was trained to predict, into `clean`. */
  denoise(sample: Float32Array, level: NetworkLevel, clean: Float32Array): Promise<void>;
  /** Fresh standard normal noise as long as the sample. */
  drawNoise(): Float32Array;
  /** To be awaited once after every step, with its index from 0. */
  onStep(index: number, sample: Float32Array, clean: Float32Array): Promise<void>;
  options: SamplerOptions;
}

/** Settings that some samplers read. */
export interface SamplerOptions {
  /** DDIM: 0 is deterministic, 1 as noisy as DDPM. */
  eta: number;
  /** DDPM and DDIM keep the predicted picture within ± this; Infinity leaves it. */
  clipRange: number;
  /** DDPM: whether the added noise has the posterior's variance (small) or the forward step's (large). */
  variance: 'small' | 'large';
  /** DPM++: the last step is first order. */
  isLastFirstOrder: boolean;
}

export type Sampler = (input: SamplerInput) => Promise<Float32Array>;

/** Keeps every value within ± range, in place. */
export function clip(values: Float32Array, range: number): void {
  if (range === Number.POSITIVE_INFINITY) return;
  for (let index = 0; index < values.length; index++) {
    values[index] = Math.min(Math.max(values[index] ?? 0, -range), range);
  }
}

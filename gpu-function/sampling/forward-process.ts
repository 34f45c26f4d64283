/** Noising a clean picture, and the three ways in which a network may describe a noised one. */
import type { NoiseLevel } from './noise-level.ts';

/** x_t = alpha · clean + sigma · noise: DDPM's forward process (https://arxiv.org/abs/2006.11239 equation 4). */
export function addNoise(
  clean: Float32Array,
  noise: Float32Array,
  { alpha, sigma }: NoiseLevel,
): Float32Array {
  return mix(clean, alpha, noise, sigma);
}

/** v = alpha · noise - sigma · clean, for a variance-preserving level (https://arxiv.org/abs/2202.00512). */
export function toVelocity(
  clean: Float32Array,
  noise: Float32Array,
  { alpha, sigma }: NoiseLevel,
): Float32Array {
  return mix(clean, -sigma, noise, alpha);
}

/** The clean picture from a noised one and its velocity; variance-preserving. */
export function velocityToClean(
  sample: Float32Array,
  velocity: Float32Array,
  { alpha, sigma }: NoiseLevel,
): Float32Array {
  return mix(sample, alpha, velocity, -sigma);
}

/** The noise in a noised picture from its velocity; variance-preserving. */
export function velocityToNoise(
  sample: Float32Array,
  velocity: Float32Array,
  { alpha, sigma }: NoiseLevel,
): Float32Array {
  return mix(sample, sigma, velocity, alpha);
}

/** The clean picture from a noised one and its noise; alpha must not be 0. */
export function noiseToClean(
  sample: Float32Array,
  noise: Float32Array,
  { alpha, sigma }: NoiseLevel,
): Float32Array {
  return mix(sample, 1 / alpha, noise, -sigma / alpha);
}

/** The noise in a noised picture when the clean one is known; sigma must not be 0. */
export function cleanToNoise(
  sample: Float32Array,
  clean: Float32Array,
  { alpha, sigma }: NoiseLevel,
): Float32Array {
  return mix(sample, 1 / sigma, clean, -alpha / sigma);
}

function mix(
  first: Float32Array,
  firstWeight: number,
  second: Float32Array,
  secondWeight: number,
): Float32Array {
  return first.map((value, index) => firstWeight * value + secondWeight * (second[index] ?? 0));
}

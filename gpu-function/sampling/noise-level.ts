/** How noisy a sample is, and how it is scaled for the network. */
/**
 * How noisy a sample is: sample = alpha · clean + sigma · noise.
 * Variance-preserving tables (DDPM, DDIM, DPM++) have alpha² + sigma² = 1; Euler's have alpha = 1.
 */
export interface NoiseLevel {
  alpha: number;
  sigma: number;
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

/** Inpainting with an ordinary network: after every step the part that is kept is put back, as noisy as the rest is. */
import type { SamplingPlan } from '../sampling/sampling-plan.ts';

export interface KeptPart {
  /** The picture's latents, [count, channels, height, width]. */
  clean: Float32Array;
  /** Unit noise of the same shape: the one that the run began with, so that the kept part moves on one straight way. */
  noise: Float32Array;
  /** [height, width], 1 where it is drawn and 0 where it is kept. */
  mask: Float32Array;
}

/**
 * Writes into `latents` after network call number `call` (from 1): kept = alpha · clean + sigma · noise at the level where the
 * next call begins, and the clean picture itself after the last one, as diffusers' inpainting pipeline for 4 channels.
 */
export function blendKept(
  latents: Float32Array,
  { clean, noise, mask }: KeptPart,
  plan: Pick<SamplingPlan, 'levels'>,
  call: number,
): void {
  const { alpha, sigma } = plan.levels[call] ?? { alpha: 1, sigma: 0 };
  for (let at = 0; at < latents.length; at++) {
    const drawn = mask[at % mask.length] ?? 0;
    const kept = alpha * (clean[at] ?? 0) + sigma * (noise[at] ?? 0);
    latents[at] = drawn * (latents[at] ?? 0) + (1 - drawn) * kept;
  }
}

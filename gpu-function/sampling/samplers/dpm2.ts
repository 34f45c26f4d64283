/** DPM-Solver-2 as k-diffusion writes it: the slope at the middle of the logarithm of sigma. https://arxiv.org/abs/2206.00364 algorithm 2, https://github.com/crowsonkb/k-diffusion */
import { f32 } from '../float32.ts';
import type { CreateSampler } from '../sampler.ts';
import { createMidpointSampler } from './midpoint-sampler.ts';

export const createDpm2: CreateSampler = (setup) =>
  createMidpointSampler(setup, {
    toStep: (_sigma, next) => ({ down: next, up: 0 }),
    // Torch interpolates from the lower end here and from the upper in the ancestral form; the last bit differs.
    toMiddle: (sigma, next) => logMiddle(next, sigma),
    drawsNoise: false,
  });

/** Half way between the logarithms, in float32. */
export function logMiddle(start: number, end: number): number {
  const from = f32(Math.log(start));
  const to = f32(Math.log(end));
  return f32(Math.exp(f32(to - f32(f32(to - from) * 0.5))));
}

/** DPM-Solver-2 with ancestral noise. https://github.com/crowsonkb/k-diffusion */
import { f32 } from '../float32.ts';
import type { CreateSampler } from '../sampler.ts';
import { ancestralStep } from './ancestral-step.ts';
import { logMiddle } from './dpm2.ts';
import { createMidpointSampler } from './midpoint-sampler.ts';

export const createDpm2Ancestral: CreateSampler = (setup) =>
  createMidpointSampler(setup, {
    toStep: (sigma, next) => {
      const { down, up } = ancestralStep(sigma, next, setup.options.eta);
      return { down: f32(down), up: f32(up) };
    },
    toMiddle: (sigma, next) =>
      logMiddle(sigma, f32(ancestralStep(sigma, next, setup.options.eta).down)),
    drawsNoise: true,
  });

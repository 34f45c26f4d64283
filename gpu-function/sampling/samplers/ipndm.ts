/** iPNDM: linear multistep on a circle of sines and cosines. https://arxiv.org/abs/2202.09778, https://github.com/crowsonkb/v-diffusion-pytorch */
import { combine, type Term } from '../combine.ts';
import { f32, float32Linspace } from '../float32.ts';
import type { CreateSampler } from '../sampler.ts';
import { countCalls, createHistory } from './count-calls.ts';

/** Adams-Bashforth, newest first. */
const WEIGHTS: readonly (readonly number[])[] = [
  [1],
  [3 / 2, -1 / 2],
  [23 / 12, -16 / 12, 5 / 12],
  [55 / 24, -59 / 24, 37 / 24, -9 / 24],
];

export const createIpndm: CreateSampler = ({ config, request }) => {
  const { steps } = request;
  const betas =
    config.trained_betas?.map(f32) ??
    Array.from(float32Linspace(1, 0, steps + 1), (part) =>
      f32(f32(Math.sin(f32(f32(part * Math.PI) / 2))) ** 2),
    );
  const alphas = betas.map((beta) => f32(Math.sqrt(f32(1 - f32(beta * beta)))));
  const timesteps = betas
    .slice(0, -1)
    .map((beta, index) => f32(f32(f32(Math.atan2(beta, alphas[index] ?? 0)) / Math.PI) * 2));
  const levels = betas.map((sigma, index) => ({ alpha: alphas[index] ?? 0, sigma }));
  return {
    timesteps,
    initialNoiseScale: 1,
    callsPerStep: 1,
    noiseLevels: levels.slice(0, -1),
    inputScale: () => 1,
    start(firstCall) {
      const noises = createHistory(WEIGHTS.length);
      return countCalls(firstCall, (index, call) => {
        const { alpha, sigma } = levels[index] ?? { alpha: 1, sigma: 0 };
        const next = levels[index + 1] ?? { alpha: 1, sigma: 0 };
        noises.add(combine([sigma, call.sample], [alpha, call.output]));
        const weights = WEIGHTS[noises.values.length - 1] ?? [];
        const [first, ...rest] = noises.values.map((noise, age): Term => [
          weights[age] ?? 0,
          noise,
        ]);
        const mixed = combine(first ?? [1, call.output], ...rest);
        const divisor = Math.max(alpha, 1e-8);
        const denoised = combine([1 / divisor, call.sample], [-sigma / divisor, mixed]);
        return { sample: combine([next.alpha, denoised], [next.sigma, mixed]), denoised };
      });
    },
  };
};

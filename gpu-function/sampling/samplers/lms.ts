/** Linear multistep: Adams-Bashforth over uneven sigmas. https://github.com/crowsonkb/k-diffusion */
import { combine } from '../combine.ts';
import { toClean } from '../convert-output.ts';
import { toFloat32 } from '../float32.ts';
import type { CreateSampler } from '../sampler.ts';
import {
  sigmaInputScale,
  sigmaNoiseScale,
  sigmaSchedule,
  toSigmaLevel,
} from '../schedules/sigma-schedule.ts';
import { countCalls, createHistory } from './count-calls.ts';

const ORDER = 4;

export const createLms: CreateSampler = (setup) => {
  const { config, options } = setup;
  const schedule = sigmaSchedule(setup);
  const sigmas = toFloat32(schedule.sigmas);
  const order = options.order ?? ORDER;
  const timesteps = toFloat32(schedule.timesteps);
  return {
    timesteps,
    sigmas,
    initialNoiseScale: sigmaNoiseScale(config, sigmas),
    callsPerStep: 1,
    noiseLevels: timesteps.map((_, index) => toSigmaLevel(sigmas[index] ?? 0)),
    inputScale: (call) => sigmaInputScale(sigmas[call] ?? 0),
    start(firstCall) {
      const slopes = createHistory(order);
      return countCalls(firstCall, (index, call) => {
        const sigma = sigmas[index] ?? 0;
        const denoised = toClean(config.prediction_type, toSigmaLevel(sigma), call);
        slopes.add(combine([1 / sigma, call.sample], [-1 / sigma, denoised]));
        // The place in the table counts, not the slopes that are known: a run from a picture begins as the reference's.
        const weights = adamsWeights(sigmas, index, Math.min(index + 1, order));
        const terms = slopes.values
          .slice(0, weights.length)
          .map((slope, age) => [weights[age] ?? 0, slope] as const);
        return { sample: combine([1, call.sample], ...terms), denoised };
      });
    },
  };
};

/** Integrals, over the step, of the Lagrange polynomials through the last `count` sigmas; newest first. */
function adamsWeights(sigmas: readonly number[], index: number, count: number): number[] {
  const nodes = Array.from({ length: count }, (_, age) => sigmas[index - age] ?? 0);
  const from = sigmas[index] ?? 0;
  const to = sigmas[index + 1] ?? 0;
  return nodes.map((own, age) => {
    const others = nodes.filter((_, other) => other !== age);
    const divisor = others.reduce((product, other) => product * (own - other), 1);
    return integrateProduct(others, from, to) / divisor;
  });
}

/** Of the product of (x - root) between two bounds. Shifted to the lower bound first, which keeps the digits. */
function integrateProduct(roots: readonly number[], from: number, to: number): number {
  let coefficients = [1];
  for (const root of roots) {
    const shifted = root - from;
    const times = (power: number) => coefficients[power] ?? 0;
    coefficients = [...coefficients, 0].map(
      (_, power) => times(power - 1) - shifted * times(power),
    );
  }
  const length = to - from;
  return coefficients.reduce(
    (sum, coefficient, power) => sum + (coefficient * length ** (power + 1)) / (power + 1),
    0,
  );
}

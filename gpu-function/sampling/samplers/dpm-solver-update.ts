/**
 * The exponential integrators of DPM-Solver (noise) and DPM-Solver++ (clean picture), with or without fresh noise.
 * https://arxiv.org/abs/2206.00927, https://arxiv.org/abs/2211.01095
 */
import { combine, type Term } from '../combine.ts';
import { f32 } from '../float32.ts';
import type { SolverLevel } from '../schedules/solver-schedule.ts';

export type DpmAlgorithm = 'dpmsolver' | 'dpmsolver++' | 'sde-dpmsolver' | 'sde-dpmsolver++';

/** Weights of the sample, of the integral's Taylor terms, and of fresh noise. */
interface UpdateWeights {
  sample: number;
  /** Of the answer itself. */
  value: number;
  /** Of its first derivative by lambda, times the step: as the midpoint rule, and as Heun's. */
  midpoint: number;
  heun: number;
  /** Of its second derivative. */
  curve: number;
  noise: number;
}

export interface UpdateInput {
  algorithm: DpmAlgorithm;
  from: SolverLevel;
  to: SolverLevel;
  sample: Float32Array;
  value: Float32Array;
  /** First and second derivative as weighted answers; none for a first-order step. */
  slope?: readonly Term[];
  curve?: readonly Term[];
  usesHeun: boolean;
  noise: Float32Array | undefined;
}

export function dpmUpdate(input: UpdateInput): Float32Array {
  const { sample, value, slope = [], curve = [], usesHeun, noise } = input;
  const weights = updateWeights(input.algorithm, input.from, input.to);
  const slopeWeight = usesHeun ? weights.heun : weights.midpoint;
  return combine(
    [weights.sample, sample],
    [weights.value, value],
    ...scaled(slope, slopeWeight),
    ...scaled(curve, weights.curve),
    ...(noise === undefined ? [] : [[weights.noise, noise] as const]),
  );
}

function scaled(terms: readonly Term[], factor: number): Term[] {
  return terms.map(([weight, values]) => [factor * weight, values]);
}

function updateWeights(algorithm: DpmAlgorithm, from: SolverLevel, to: SolverLevel): UpdateWeights {
  const h = f32(to.lambda - from.lambda);
  switch (algorithm) {
    case 'dpmsolver++': {
      const fall = f32(f32(Math.exp(-h)) - 1);
      return {
        sample: f32(to.sigma / from.sigma),
        value: -f32(to.alpha * fall),
        midpoint: -0.5 * f32(to.alpha * fall),
        heun: f32(to.alpha * f32(f32(fall / h) + 1)),
        curve: -f32(to.alpha * f32(f32(f32(fall + h) / f32(h * h)) - 0.5)),
        noise: 0,
      };
    }
    case 'dpmsolver': {
      const rise = f32(f32(Math.exp(h)) - 1);
      return {
        sample: f32(to.alpha / from.alpha),
        value: -f32(to.sigma * rise),
        midpoint: -0.5 * f32(to.sigma * rise),
        heun: -f32(to.sigma * f32(f32(rise / h) - 1)),
        curve: -f32(to.sigma * f32(f32(f32(rise - h) / f32(h * h)) - 0.5)),
        noise: 0,
      };
    }
    case 'sde-dpmsolver++': {
      const loss = f32(1 - f32(Math.exp(-2 * h)));
      return {
        sample: f32(f32(to.sigma / from.sigma) * f32(Math.exp(-h))),
        value: f32(to.alpha * loss),
        midpoint: 0.5 * f32(to.alpha * loss),
        heun: f32(to.alpha * f32(f32(loss / (-2 * h)) + 1)),
        curve: f32(to.alpha * f32(f32(f32(loss - 2 * h) / f32(4 * h * h)) - 0.5)),
        noise: f32(to.sigma * f32(Math.sqrt(loss))),
      };
    }
    case 'sde-dpmsolver': {
      const rise = f32(f32(Math.exp(h)) - 1);
      return {
        sample: f32(to.alpha / from.alpha),
        value: -2 * f32(to.sigma * rise),
        midpoint: -f32(to.sigma * rise),
        heun: -2 * f32(to.sigma * f32(f32(rise / h) - 1)),
        curve: Number.NaN,
        noise: f32(to.sigma * f32(Math.sqrt(f32(f32(Math.exp(2 * h)) - 1)))),
      };
    }
  }
}

/** The trained table in the forms in which samplers read it: abar_t, sigma / alpha, and its logarithm. */
import { toAlphaBars, toBetas } from './beta-schedule.ts';
import { f32 } from './float32.ts';
import { toPreservingLevel, type NoiseLevel } from './noise-level.ts';
import type { SchedulerKeys } from './scheduler-config.ts';

/** Keeps the first sigma of a schedule with zero terminal SNR finite: 4096 instead of infinity. */
const LEAST_ALPHA_BAR = 2 ** -24;

/** All float32 values; index = timestep. */
export interface TrainedTable {
  alphaBars: Float64Array;
  /** Ratio sigma / alpha, ascending. */
  sigmas: Float64Array;
  logSigmas: Float64Array;
}

/** For samplers that divide by alpha: where a schedule ends at pure noise, its last level stays just off it. */
export function trainedTable(config: SchedulerKeys): TrainedTable {
  const alphaBars = toAlphaBars(toBetas(config));
  if (config.rescale_betas_zero_snr) alphaBars[alphaBars.length - 1] = LEAST_ALPHA_BAR;
  const sigmas = alphaBars.map((alphaBar) => f32(Math.sqrt(f32(f32(1 - alphaBar) / alphaBar))));
  return { alphaBars, sigmas, logSigmas: sigmas.map((sigma) => f32(Math.log(sigma))) };
}

/** The level of a whole timestep, straight from the table, without the floor above. */
export function createLevelLookup(config: SchedulerKeys): (timestep: number) => NoiseLevel {
  const alphaBars = toAlphaBars(toBetas(config));
  return (timestep) => toPreservingLevel(alphaBars[timestep] ?? Number.NaN);
}

/** Sigma at a timestep that may be fractional; at the ends of the table outside of it. */
export function sigmaAt(timestep: number, sigmas: Float64Array): number {
  const clamped = Math.min(Math.max(timestep, 0), sigmas.length - 1);
  const low = Math.floor(clamped);
  const lowSigma = sigmas[low] ?? 0;
  const highSigma = sigmas[low + 1] ?? lowSigma;
  return (highSigma - lowSigma) * (clamped - low) + lowSigma;
}

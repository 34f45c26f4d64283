/** The trained table as sigma / alpha ratios, the form in which Euler and DPM++ read it. */
import type { SchedulerConfig } from '../scheduler-config.ts';
import { trainedAlphaBars } from './level-table.ts';

const { fround } = Math;

/** Keeps the first sigma of a schedule with zero terminal SNR finite: 4096 instead of infinity. */
const LEAST_ALPHA_BAR = 2 ** -24;

/** Ascending with the timestep. Rounded to float32 as the reference's table is. */
export function trainedSigmas(config: SchedulerConfig): Float64Array {
  const alphaBars = trainedAlphaBars(config);
  if (config.rescale_betas_zero_snr) alphaBars[alphaBars.length - 1] = LEAST_ALPHA_BAR;
  return alphaBars.map((alphaBar) => fround(Math.sqrt(fround(fround(1 - alphaBar) / alphaBar))));
}

export function toLogSigmas(sigmas: Float64Array): Float64Array {
  return sigmas.map((sigma) => fround(Math.log(sigma)));
}

/** Sigma at a timestep that may be fractional; at the ends of the table outside of it. */
export function sigmaAt(timestep: number, sigmas: Float64Array): number {
  const clamped = Math.min(Math.max(timestep, 0), sigmas.length - 1);
  const low = Math.floor(clamped);
  const lowSigma = sigmas[low] ?? 0;
  const highSigma = sigmas[low + 1] ?? lowSigma;
  return lowSigma + (highSigma - lowSigma) * (clamped - low);
}

/** Where the table ends: at nothing but the picture, or at the least noise that was trained. */
export function finalSigma(config: SchedulerConfig, sigmas: Float64Array): number {
  return config.final_sigmas_type === 'sigma_min' ? (sigmas[0] ?? 0) : 0;
}

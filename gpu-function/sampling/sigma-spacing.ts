/** Ways to spread sigmas between the noisiest and the cleanest, and the timesteps that belong to them. */
import { symmetricBetaQuantile } from './beta-quantile.ts';
import { f32 } from './float32.ts';
import type { SchedulerKeys } from './scheduler-config.ts';
import { linspace } from './timestep-spacing.ts';

const RHO = 7;
const BETA_SHAPE = 0.6;

export type SigmaSpread = 'karras' | 'exponential' | 'beta' | 'lu';

export interface SigmaRange {
  min: number;
  max: number;
}

/** The one that the configuration switches on; parse-scheduler-config.ts sees to it that there are not two. */
export function chosenSpread(config: SchedulerKeys): SigmaSpread | undefined {
  if (config.use_karras_sigmas) return 'karras';
  if (config.use_lu_lambdas) return 'lu';
  if (config.use_exponential_sigmas) return 'exponential';
  return config.use_beta_sigmas ? 'beta' : undefined;
}

/** `count` sigmas from `max` down to `min`, both included; only `max` when one is asked for. */
export function spreadSigmas(spread: SigmaSpread, range: SigmaRange, count: number): number[] {
  switch (spread) {
    case 'karras':
      return karrasSigmas(range, count);
    case 'exponential':
      return linspace(Math.log(range.max), Math.log(range.min), count).map(Math.exp);
    case 'beta':
      return linspace(0, 1, count).map(
        (part) => range.min + symmetricBetaQuantile(1 - part, BETA_SHAPE) * (range.max - range.min),
      );
    case 'lu':
      // DPM-Solver's own: even steps of the logarithm of the trained table. https://arxiv.org/abs/2206.00927
      return luSigmas(f32(Math.log(range.min)), f32(Math.log(range.max)), count);
  }
}

/** Closer together where the picture is nearly clean. https://arxiv.org/abs/2206.00364 equation 5. */
function karrasSigmas({ min, max }: SigmaRange, count: number, rho = RHO): number[] {
  const minRoot = min ** (1 / rho);
  const maxRoot = max ** (1 / rho);
  return linspace(0, 1, count).map((ramp) => (maxRoot + ramp * (minRoot - maxRoot)) ** rho);
}

function luSigmas(logMin: number, logMax: number, count: number): number[] {
  return linspace(0, 1, count).map((ramp) => Math.exp(logMax + ramp * (logMin - logMax)));
}

/**
 * The fractional timestep at which the trained table has this sigma, by its logarithm. `logSigmas` ascends.
 * @param round what each operation is rounded by: nothing, or `Math.fround` where the reference's sigmas are float32
 */
export function sigmaToTimestep(
  sigma: number,
  logSigmas: Float64Array,
  round: (value: number) => number = Number,
): number {
  const wanted = round(Math.log(Math.max(sigma, 1e-10)));
  const low = Math.min(lastIndexAtMost(logSigmas, wanted), logSigmas.length - 2);
  const lowLog = logSigmas[low] ?? 0;
  const highLog = logSigmas[low + 1] ?? lowLog;
  const exact = round(round(lowLog - wanted) / round(lowLog - highLog));
  const part = Math.min(Math.max(exact, 0), 1);
  return round(round(round(1 - part) * low) + round(part * (low + 1)));
}

/** Index of the last value that is not above the limit, 0 when all are. */
function lastIndexAtMost(ascending: Float64Array, limit: number): number {
  let low = 0;
  let high = ascending.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((ascending[middle] ?? Infinity) <= limit) low = middle;
    else high = middle;
  }
  return low;
}

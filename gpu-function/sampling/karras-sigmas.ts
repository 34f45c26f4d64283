/** Karras spacing: sigmas closer together where the picture is nearly clean. https://arxiv.org/abs/2206.00364 equation 5. */
import { linspace } from './timestep-spacing.ts';

const RHO = 7;

/** `count` sigmas from `sigmaMax` down to `sigmaMin`, both included; only `sigmaMax` when one is asked for. */
export function karrasSigmas(sigmaMin: number, sigmaMax: number, count: number): number[] {
  const minRoot = sigmaMin ** (1 / RHO);
  const maxRoot = sigmaMax ** (1 / RHO);
  return linspace(0, 1, count).map((ramp) => (maxRoot + ramp * (minRoot - maxRoot)) ** RHO);
}

/** The fractional timestep at which the trained table has this sigma, by its logarithm. `logSigmas` ascends. */
export function sigmaToTimestep(sigma: number, logSigmas: Float64Array): number {
  const wanted = Math.log(Math.max(sigma, 1e-10));
  const low = Math.min(lastIndexAtMost(logSigmas, wanted), logSigmas.length - 2);
  const lowLog = logSigmas[low] ?? 0;
  const highLog = logSigmas[low + 1] ?? lowLog;
  const part = Math.min(Math.max((lowLog - wanted) / (lowLog - highLog), 0), 1);
  return low + part;
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

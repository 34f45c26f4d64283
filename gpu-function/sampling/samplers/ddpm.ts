/** DDPM: walks the trained Markov chain backwards. https://arxiv.org/abs/2006.11239 equations 6 and 7. */
import { combine } from '../combine.ts';
import { limitClean, toClean } from '../convert-output.ts';
import { f32 } from '../float32.ts';
import { CLEAN_LEVEL, type NoiseLevel } from '../noise-level.ts';
import type { CreateSampler, ResolvedScheduler } from '../sampler.ts';
import { wholeTimesteps } from '../schedules/trained-schedule.ts';
import { createLevelLookup } from '../trained-table.ts';
import { unsupported } from '../unsupported.ts';
import { countCalls } from './count-calls.ts';

/** The reference never lets the variance vanish, which shows at levels that repeat. */
const LEAST_VARIANCE = 1e-20;

export const createDdpm: CreateSampler = ({ config, request }) => {
  const isLarge = isLargeVariance(config);
  const timesteps = request.timesteps ?? wholeTimesteps(config, request);
  const noiseLevels = timesteps.map(createLevelLookup(config));
  return {
    timesteps,
    initialNoiseScale: 1,
    callsPerStep: 1,
    noiseLevels,
    inputScale: () => 1,
    start: (firstCall) =>
      countCalls(firstCall, (index, call) => {
        const from = noiseLevels[index] ?? CLEAN_LEVEL;
        const to = noiseLevels[index + 1] ?? CLEAN_LEVEL;
        const denoised = toClean(config.prediction_type, from, call);
        limitClean(denoised, config, call.pictures);
        const weights = posterior(from, to);
        const mean = [
          [weights.clean, denoised],
          [weights.sample, call.sample],
        ] as const;
        if ((timesteps[index] ?? 0) <= 0) return { sample: combine(...mean), denoised };
        const deviation = Math.sqrt(isLarge ? weights.beta : ddpmVariance(from, to));
        return { sample: combine(...mean, [deviation, call.drawNoise()]), denoised };
      }),
  };
};

/**
 * Mean of q(x_to | x_from, clean). The share of noise of a step is a small difference of large numbers: it is rounded as
 * the reference rounds it, which shows in its fourth digit where steps are as short as trained.
 */
function posterior(from: NoiseLevel, to: NoiseLevel) {
  const alpha = f32(f32(from.alpha ** 2) / f32(to.alpha ** 2));
  const beta = 1 - alpha;
  const noiseFrom = from.sigma ** 2;
  return {
    beta,
    clean: (to.alpha * beta) / noiseFrom,
    sample: (Math.sqrt(alpha) * to.sigma ** 2) / noiseFrom,
  };
}

/** Of the posterior above: "fixed_small". */
export function ddpmVariance(from: NoiseLevel, to: NoiseLevel): number {
  const { beta } = posterior(from, to);
  return Math.max((to.sigma ** 2 / from.sigma ** 2) * beta, LEAST_VARIANCE);
}

/** Whether the added noise has the forward step's variance instead of the posterior's. */
function isLargeVariance({ variance_type: type = 'fixed_small' }: ResolvedScheduler): boolean {
  if (type === 'fixed_small' || type === 'fixed_small_log') return false;
  if (type === 'fixed_large') return true;
  throw unsupported(
    `DDPM with the "variance_type" ${type} of the model's scheduler_config.json is not supported; choose the sampler ddim.`,
  );
}

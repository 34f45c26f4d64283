/** DDIM: DDPM's marginals with as much fresh noise as eta says. https://arxiv.org/abs/2010.02502 equations 12 and 16. */
import { combine } from '../combine.ts';
import { limitClean, noiseBeside, toClean, toNoise } from '../convert-output.ts';
import { CLEAN_LEVEL, type NoiseLevel } from '../noise-level.ts';
import type { CreateSampler } from '../sampler.ts';
import { wholeTimesteps } from '../schedules/trained-schedule.ts';
import { createLevelLookup } from '../trained-table.ts';
import { countCalls } from './count-calls.ts';

export const createDdim: CreateSampler = ({ config, request, options }) => {
  const { eta = 0, usesClippedOutput = false } = options;
  const levelAt = createLevelLookup(config);
  const timesteps = wholeTimesteps(config, request);
  const noiseLevels = timesteps.map(levelAt);
  // Each step ends floor(T / n) timesteps below its start, as in the reference, whatever the spacing.
  const stride = Math.floor(config.num_train_timesteps / request.steps);
  const endLevel = config.set_alpha_to_one ? CLEAN_LEVEL : levelAt(0);
  const toEnd = (timestep: number, next: number | undefined) => {
    // ComfyUI's spacing is not the reference's: each of its steps ends where the next begins.
    if (config.timestep_spacing === 'sgm-uniform')
      return next === undefined ? endLevel : levelAt(next);
    return timestep < stride ? endLevel : levelAt(timestep - stride);
  };
  return {
    timesteps,
    initialNoiseScale: 1,
    callsPerStep: 1,
    noiseLevels,
    inputScale: () => 1,
    start: (firstCall) =>
      countCalls(firstCall, (index, call) => {
        const from = noiseLevels[index] ?? CLEAN_LEVEL;
        const to = toEnd(timesteps[index] ?? 0, timesteps[index + 1]);
        const denoised = toClean(config.prediction_type, from, call);
        limitClean(denoised, config, call.pictures);
        // The direction keeps the noise as the network saw it; only the picture is clipped.
        const direction = usesClippedOutput
          ? noiseBeside(denoised, call.sample, from)
          : toNoise(config.prediction_type, from, call);
        const deviation = eta * Math.sqrt(ddimVariance(from, to));
        const weight = Math.sqrt(Math.max(to.sigma ** 2 - deviation ** 2, 0));
        const mean = [
          [to.alpha, denoised],
          [weight, direction],
        ] as const;
        if (eta === 0) return { sample: combine(...mean), denoised };
        return { sample: combine(...mean, [deviation, call.drawNoise()]), denoised };
      }),
  };
};

/** Of the fresh noise at eta 1. */
export function ddimVariance(from: NoiseLevel, to: NoiseLevel): number {
  const variance = (to.sigma / from.sigma) ** 2 * (1 - (from.alpha / to.alpha) ** 2);
  return Math.max(variance, 0);
}

/** Latent consistency models: jump to the picture, add noise again. https://arxiv.org/abs/2310.04378 algorithm 3 */
import { combine } from '../combine.ts';
import { limitClean, toClean } from '../convert-output.ts';
import { f32 } from '../float32.ts';
import { CLEAN_LEVEL } from '../noise-level.ts';
import type { CreateSampler } from '../sampler.ts';
import { distilledTimesteps } from '../schedules/trained-schedule.ts';
import { createLevelLookup } from '../trained-table.ts';
import { countCalls } from './count-calls.ts';

/** Standard deviation of the data in the boundary condition. */
const SIGMA_DATA = 0.5;

export const createLcm: CreateSampler = ({ config, request }) => {
  const timesteps = distilledTimesteps(config, request);
  const noiseLevels = timesteps.map(createLevelLookup(config));
  const steps = request.timesteps?.length ?? request.steps;
  return {
    timesteps,
    initialNoiseScale: 1,
    callsPerStep: 1,
    noiseLevels,
    inputScale: () => 1,
    start: (firstCall) =>
      countCalls(firstCall, (index, call) => {
        const level = noiseLevels[index] ?? CLEAN_LEVEL;
        const clean = toClean(config.prediction_type, level, call);
        limitClean(clean, config, call.pictures);
        const { skip, out } = boundary((timesteps[index] ?? 0) * config.timestep_scaling);
        const denoised = combine([out, clean], [skip, call.sample]);
        if (index === steps - 1) return { sample: denoised, denoised };
        const next = noiseLevels[index + 1] ?? level;
        return {
          sample: combine([next.alpha, denoised], [next.sigma, call.drawNoise()]),
          denoised,
        };
      }),
  };
};

/** Weights that leave the sample as it is at timestep 0. */
function boundary(scaled: number): { skip: number; out: number } {
  const timestep = f32(scaled);
  const square = f32(timestep * timestep) + SIGMA_DATA ** 2;
  return { skip: f32(SIGMA_DATA ** 2 / square), out: f32(timestep / Math.sqrt(square)) };
}

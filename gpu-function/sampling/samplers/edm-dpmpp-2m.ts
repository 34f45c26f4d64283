/** DPM-Solver++ multistep for networks with EDM's scalings. https://arxiv.org/abs/2211.01095, https://arxiv.org/abs/2206.00364 */
import { thresholdClean } from '../convert-output.ts';
import { f32 } from '../float32.ts';
import type { CreateSampler } from '../sampler.ts';
import { toSigmaLevel } from '../schedules/sigma-schedule.ts';
import { multistepRun } from './dpmpp-multistep.ts';
import {
  edmClean,
  edmInputScale,
  edmNoiseScale,
  edmSigmas,
  edmTimestep,
} from './edm-precondition.ts';

export const createEdmDpmpp2m: CreateSampler = (setup) => {
  const { config } = setup;
  const { sigma_min: min = 0.002 } = config;
  const end = config.final_sigmas_type === 'sigma_min' ? f32(min) : 0;
  const sigmas = [...edmSigmas(setup), end];
  const timesteps = sigmas.slice(0, -1).map(edmTimestep);
  const levels = sigmas.map((sigma) => ({ alpha: 1, sigma, lambda: -f32(Math.log(sigma)) }));
  return {
    timesteps,
    sigmas,
    initialNoiseScale: edmNoiseScale(config),
    callsPerStep: 1,
    noiseLevels: sigmas.slice(0, -1).map(toSigmaLevel),
    inputScale: (call) => edmInputScale(config, sigmas[call] ?? 0),
    start: multistepRun({
      config,
      levels,
      convert({ sigma }, call) {
        const denoised = thresholdClean(edmClean(config, sigma, call), config, call.pictures);
        return { value: denoised, denoised };
      },
    }),
  };
};

/** Euler steps that go a little too far down and add fresh noise. https://github.com/crowsonkb/k-diffusion */
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
import { ancestralStep } from './ancestral-step.ts';
import { countCalls } from './count-calls.ts';

export const createEulerAncestral: CreateSampler = (setup) => {
  const { config, options } = setup;
  const schedule = sigmaSchedule(setup);
  const sigmas = toFloat32(schedule.sigmas);
  const timesteps = toFloat32(schedule.timesteps);
  return {
    timesteps,
    sigmas,
    initialNoiseScale: sigmaNoiseScale(config, sigmas),
    callsPerStep: 1,
    noiseLevels: timesteps.map((_, index) => toSigmaLevel(sigmas[index] ?? 0)),
    inputScale: (call) => sigmaInputScale(sigmas[call] ?? 0),
    start: (firstCall) =>
      countCalls(firstCall, (index, call) => {
        const sigma = sigmas[index] ?? 0;
        const { down, up } = ancestralStep(sigma, sigmas[index + 1] ?? 0, options.eta);
        const denoised = toClean(config.prediction_type, toSigmaLevel(sigma), call);
        const part = down / sigma;
        const sample = combine(
          [part, call.sample],
          [1 - part, denoised],
          // Drawn at the last step too, as in the reference.
          [up * (options.sNoise ?? 1), call.drawNoise()],
        );
        return { sample, denoised };
      }),
  };
};

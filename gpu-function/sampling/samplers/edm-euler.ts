/** Euler's method for networks with EDM's scalings. https://arxiv.org/abs/2206.00364 algorithm 2 */
import { combine } from '../combine.ts';
import { f32 } from '../float32.ts';
import type { CreateSampler } from '../sampler.ts';
import { toSigmaLevel } from '../schedules/sigma-schedule.ts';
import { countCalls } from './count-calls.ts';
import {
  edmClean,
  edmInputScale,
  edmNoiseScale,
  edmSigmas,
  edmTimestep,
} from './edm-precondition.ts';
import { churn } from './euler.ts';

export const createEdmEuler: CreateSampler = (setup) => {
  const { config, options } = setup;
  const sigmas = [...edmSigmas(setup), 0];
  const timesteps = sigmas.slice(0, -1).map(edmTimestep);
  return {
    timesteps,
    sigmas,
    initialNoiseScale: edmNoiseScale(config),
    callsPerStep: 1,
    noiseLevels: sigmas.slice(0, -1).map(toSigmaLevel),
    inputScale: (call) => edmInputScale(config, sigmas[call] ?? 0),
    start: (firstCall) =>
      countCalls(firstCall, (index, call) => {
        const sigma = sigmas[index] ?? 0;
        const raised = f32(sigma * (churn(options, sigma, sigmas.length - 1) + 1));
        const added = Math.sqrt(Math.max(raised ** 2 - sigma ** 2, 0)) * (options.sNoise ?? 1);
        const sample =
          raised > sigma ? combine([1, call.sample], [added, call.drawNoise()]) : call.sample;
        const denoised = edmClean(config, raised, { output: call.output, sample });
        const part = (sigmas[index + 1] ?? 0) / raised;
        return { sample: combine([part, sample], [1 - part, denoised]), denoised };
      }),
  };
};

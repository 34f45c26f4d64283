/** Heun's method: each step is tried, and made again with the mean of the slopes at both ends. https://arxiv.org/abs/2206.00364 algorithm 1. */
import { combine } from '../combine.ts';
import { limitClean, toClean } from '../convert-output.ts';
import { toFloat32 } from '../float32.ts';
import type { CreateSampler } from '../sampler.ts';
import {
  sigmaInputScale,
  sigmaNoiseScale,
  sigmaSchedule,
  toSigmaLevel,
} from '../schedules/sigma-schedule.ts';
import { countCalls } from './count-calls.ts';
import { doubleInner } from './double-inner.ts';

export const createHeun: CreateSampler = (setup) => {
  const { config } = setup;
  const schedule = sigmaSchedule(setup);
  const sigmas = doubleInner(toFloat32(schedule.sigmas));
  // The last step ends at the picture, where there is no slope: it is one call.
  const timesteps = doubleInner([...toFloat32(schedule.timesteps), 0]).slice(0, -1);
  return {
    timesteps,
    sigmas,
    initialNoiseScale: sigmaNoiseScale(config, sigmas),
    callsPerStep: 2,
    noiseLevels: timesteps.map((_, index) => toSigmaLevel(sigmas[index] ?? 0)),
    inputScale: (call) => sigmaInputScale(sigmas[call] ?? 0),
    start(firstCall) {
      let tried: { sample: Float32Array; slope: Float32Array; sigma: number } | undefined;
      return countCalls(firstCall, (index, call) => {
        const sigma = sigmas[index] ?? 0;
        const denoised = toClean(config.prediction_type, toSigmaLevel(sigma), call);
        // Thresholds are not among this class's settings.
        limitClean(denoised, { ...config, thresholding: false }, call.pictures);
        const slope = combine([1 / sigma, call.sample], [-1 / sigma, denoised]);
        if (tried === undefined) {
          const next = sigmas[index + 1] ?? 0;
          const isUnfinished = index < timesteps.length - 1;
          if (isUnfinished) tried = { sample: call.sample, slope, sigma };
          const sample = combine([1, call.sample], [next - sigma, slope]);
          return { sample, denoised, isUnfinished };
        }
        const half = (sigma - tried.sigma) / 2;
        const sample = combine([1, tried.sample], [half, tried.slope], [half, slope]);
        tried = undefined;
        return { sample, denoised };
      });
    },
  };
};

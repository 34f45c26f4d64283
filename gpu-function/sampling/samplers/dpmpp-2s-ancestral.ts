/** DPM++ 2S ancestral: a second-order exponential step down, then fresh noise. https://arxiv.org/abs/2211.01095, https://github.com/crowsonkb/k-diffusion */
import { combine } from '../combine.ts';
import { toClean } from '../convert-output.ts';
import { f32, toFloat32 } from '../float32.ts';
import type { CreateSampler } from '../sampler.ts';
import {
  sigmaInputScale,
  sigmaNoiseScale,
  sigmaSchedule,
  toSigmaLevel,
} from '../schedules/sigma-schedule.ts';
import { sigmaToTimestep } from '../sigma-spacing.ts';
import { ancestralStep } from './ancestral-step.ts';
import { countCalls } from './count-calls.ts';
import { interleave } from './double-inner.ts';

export const createDpmpp2sAncestral: CreateSampler = (setup) => {
  const { config, options } = setup;
  const schedule = sigmaSchedule(setup);
  const points = toFloat32(schedule.sigmas);
  const steps = points.slice(0, -1).map((sigma, index) => {
    const step = ancestralStep(sigma, points[index + 1] ?? 0, options.eta);
    return { sigma, ...step, middle: Math.sqrt(sigma * step.down) };
  });
  // The last step ends at the picture and has no middle.
  const middles = steps.slice(0, -1).map(({ middle }) => middle);
  const timesteps = interleave(
    toFloat32(schedule.timesteps),
    middles.map((sigma) => f32(sigmaToTimestep(sigma, schedule.table.logSigmas))),
  );
  const askedSigma = (call: number): number =>
    (call % 2 === 0 ? points[call / 2] : middles[(call - 1) / 2]) ?? 0;
  return {
    timesteps,
    initialNoiseScale: sigmaNoiseScale(config, points),
    callsPerStep: 2,
    noiseLevels: timesteps.map((_, index) => toSigmaLevel(points[Math.ceil(index / 2)] ?? 0)),
    inputScale: (call) => sigmaInputScale(askedSigma(call)),
    start(firstCall) {
      let before: Float32Array | undefined;
      return countCalls(firstCall, (index, call) => {
        const step = steps[Math.floor(index / 2)] ?? { sigma: 1, down: 0, up: 0, middle: 0 };
        const level = toSigmaLevel(askedSigma(index));
        const denoised = toClean(config.prediction_type, level, call);
        const isLast = index === timesteps.length - 1;
        if (before === undefined && !isLast) {
          before = call.sample;
          const part = step.middle / step.sigma;
          const sample = combine([part, call.sample], [1 - part, denoised]);
          return { sample, denoised, isUnfinished: true };
        }
        const part = step.down / step.sigma;
        const terms = [
          [part, before ?? call.sample],
          [1 - part, denoised],
        ] as const;
        before = undefined;
        if (isLast) return { sample: combine(...terms), denoised };
        const weight = step.up * (options.sNoise ?? 1);
        return { sample: combine(...terms, [weight, call.drawNoise()]), denoised };
      });
    },
  };
};

/** DPM++ SDE: two ancestral half-steps of the exponential integrator. https://github.com/crowsonkb/k-diffusion */
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
import { doubleInner, interleave } from './double-inner.ts';

export const createDpmppSde: CreateSampler = (setup) => {
  const { config, options } = setup;
  const schedule = sigmaSchedule(setup);
  const points = toFloat32(schedule.sigmas);
  const middles = points
    .slice(0, -2)
    .map((sigma, index) => logMiddle(sigma, points[index + 1] ?? 0, f32));
  const middleTimesteps = middles.map((_, index) => {
    const [from = 0, to = 0] = schedule.sigmas.slice(index, index + 2);
    return sigmaToTimestep(logMiddle(from, to, Number), schedule.table.logSigmas);
  });
  const timesteps = interleave(schedule.timesteps, middleTimesteps);
  const path = { max: Math.max(...points), min: points.at(-2) ?? 0 };
  return {
    timesteps,
    sigmas: doubleInner(points),
    initialNoiseScale: sigmaNoiseScale(config, points),
    callsPerStep: 2,
    noiseLevels: timesteps.map((_, index) => toSigmaLevel(points[Math.ceil(index / 2)] ?? 0)),
    inputScale: (call, isFirst) =>
      sigmaInputScale(
        (call % 2 === 0 || isFirst ? points[Math.ceil(call / 2)] : middles[(call - 1) / 2]) ?? 0,
      ),
    start(firstCall) {
      let before: Float32Array | undefined;
      return countCalls(firstCall, (index, call) => {
        const at = Math.floor(index / 2);
        const sigma = points[at] ?? 0;
        const next = points[at + 1] ?? 0;
        const middle = middles[at];
        const asked = before === undefined ? sigma : (middle ?? sigma);
        const denoised = toClean(config.prediction_type, toSigmaLevel(asked), call);
        if (middle === undefined) return { sample: denoised.slice(), denoised };
        const isUnfinished = before === undefined;
        const base = before ?? call.sample;
        const end = isUnfinished ? middle : next;
        const { down, up } = ancestralStep(sigma, end, options.eta);
        const part = down / sigma;
        const noise = call.drawNoise({ from: sigma, to: end, ...path });
        const sample = combine(
          [part, base],
          [1 - part, denoised],
          [up * (options.sNoise ?? 1), noise],
        );
        before = isUnfinished ? call.sample : undefined;
        return { sample, denoised, isUnfinished };
      });
    },
  };
};

/** Half way between the logarithms. */
function logMiddle(from: number, to: number, round: (value: number) => number): number {
  const start = -round(Math.log(from));
  const end = -round(Math.log(to));
  return round(Math.exp(-round(start + round(end - start) * 0.5)));
}

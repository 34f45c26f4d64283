/** What DPM2 and its ancestral form share: a table of points and middles, and steps with the slope of the middle. */
import { combine } from '../combine.ts';
import { toClean } from '../convert-output.ts';
import { f32, toFloat32 } from '../float32.ts';
import type { Sampler, SamplerSetup, StepCall, StepResult } from '../sampler.ts';
import {
  sigmaInputScale,
  sigmaNoiseScale,
  sigmaSchedule,
  toSigmaLevel,
} from '../schedules/sigma-schedule.ts';
import { sigmaToTimestep } from '../sigma-spacing.ts';
import { roundHalfEven } from '../timestep-spacing.ts';
import type { AncestralStep } from './ancestral-step.ts';
import { countCalls } from './count-calls.ts';
import { interleave } from './double-inner.ts';

export interface MidpointMethod {
  toStep(sigma: number, next: number): AncestralStep;
  toMiddle(sigma: number, next: number): number;
  /** At the end of a step that has a middle, as in the reference. */
  drawsNoise: boolean;
}

export function createMidpointSampler(setup: SamplerSetup, method: MidpointMethod): Sampler {
  const { config } = setup;
  const schedule = sigmaSchedule(setup);
  const points = toFloat32(schedule.sigmas);
  // The step to the picture itself has no middle.
  const middles = points.slice(0, -2).map((sigma, index) => {
    return method.toMiddle(sigma, points[index + 1] ?? 0);
  });
  const toWhole = config.use_karras_sigmas ? roundHalfEven : f32;
  const timesteps = interleave(
    schedule.timesteps.map(toWhole),
    middles.map((sigma) => sigmaToTimestep(sigma, schedule.table.logSigmas, f32)),
  );
  return {
    timesteps,
    sigmas: [points[0] ?? 0, ...points.slice(1).flatMap((sigma) => [sigma, sigma]), 0],
    initialNoiseScale: sigmaNoiseScale(config, points),
    callsPerStep: 2,
    // Between two points a picture would be noised to the lower one.
    noiseLevels: timesteps.map((_, index) => toSigmaLevel(points[Math.ceil(index / 2)] ?? 0)),
    inputScale: (call, isFirst) =>
      sigmaInputScale(
        (call % 2 === 0 || isFirst ? points[Math.ceil(call / 2)] : middles[(call - 1) / 2]) ?? 0,
      ),
    start(firstCall) {
      let before: Float32Array | undefined;
      return countCalls(firstCall, (index, call) => {
        const at = Math.floor(index / 2);
        const ends = { sigma: points[at] ?? 0, next: points[at + 1] ?? 0, middle: middles[at] };
        if (before !== undefined) {
          const result = finishStep(before, call, ends);
          before = undefined;
          return result;
        }
        const isUnfinished = ends.middle !== undefined;
        if (isUnfinished) before = call.sample;
        const denoised = toClean(config.prediction_type, toSigmaLevel(ends.sigma), call);
        const part = (ends.middle ?? 0) / ends.sigma;
        const sample = combine([part, call.sample], [1 - part, denoised]);
        return { sample, denoised, isUnfinished };
      });
    },
  };

  function finishStep(
    before: Float32Array,
    call: StepCall,
    ends: { sigma: number; next: number; middle: number | undefined },
  ): StepResult {
    const middle = ends.middle ?? 0;
    const denoised = toClean(config.prediction_type, toSigmaLevel(middle), call);
    const { down, up } = method.toStep(ends.sigma, ends.next);
    const slope = (down - ends.sigma) / middle;
    const terms = [
      [1, before],
      [slope, call.sample],
      [-slope, denoised],
    ] as const;
    if (!method.drawsNoise) return { sample: combine(...terms), denoised };
    const weight = up * (setup.options.sNoise ?? 1);
    return { sample: combine(...terms, [weight, call.drawNoise()]), denoised };
  }
}

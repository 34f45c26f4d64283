/** Euler's method, with noise stirred in where churn is asked for. https://arxiv.org/abs/2206.00364 algorithm 2. */
import { combine } from '../combine.ts';
import { toClean } from '../convert-output.ts';
import { f32, toFloat32 } from '../float32.ts';
import type { CreateSampler, SamplerOptions } from '../sampler.ts';
import {
  eulerSchedule,
  sigmaInputScale,
  sigmaNoiseScale,
  toSigmaLevel,
} from '../schedules/sigma-schedule.ts';
import { countCalls } from './count-calls.ts';

export const createEuler: CreateSampler = (setup) => {
  const { config, options } = setup;
  const schedule = eulerSchedule(setup);
  const sigmas = toFloat32(schedule.sigmas);
  const isContinuous =
    config.timestep_type === 'continuous' && config.prediction_type === 'v_prediction';
  const timesteps = isContinuous
    ? sigmas.slice(0, -1).map((sigma) => f32(0.25 * f32(Math.log(sigma))))
    : toFloat32(schedule.timesteps);
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
        const next = sigmas[index + 1] ?? 0;
        const raised = f32(sigma * (churn(options, sigma, sigmas.length - 1) + 1));
        const added = Math.sqrt(Math.max(raised ** 2 - sigma ** 2, 0)) * (options.sNoise ?? 1);
        const sample =
          raised > sigma ? combine([1, call.sample], [added, call.drawNoise()]) : call.sample;
        // The network saw the sample before; of a velocity its level counts, of noise the raised one.
        const level = config.prediction_type === 'epsilon' ? raised : sigma;
        const denoised = toClean(config.prediction_type, toSigmaLevel(level), {
          output: call.output,
          sample,
        });
        const part = next / raised;
        return { sample: combine([part, sample], [1 - part, denoised]), denoised };
      }),
  };
};

/** How far the noise is raised before a step: gamma. */
export function churn(options: SamplerOptions, sigma: number, steps: number): number {
  const { sChurn = 0, sTmin = 0, sTmax = Number.POSITIVE_INFINITY } = options;
  if (sigma < sTmin || sigma > sTmax) return 0;
  return Math.min(sChurn / steps, Math.SQRT2 - 1);
}

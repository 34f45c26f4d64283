/** The scalings of "Elucidating the Design Space": inputs, outputs and what the network is told. https://arxiv.org/abs/2206.00364 table 1 */
import { combine } from '../combine.ts';
import { f32, float32Linspace } from '../float32.ts';
import type { ResolvedScheduler, SamplerSetup, StepCall } from '../sampler.ts';
import { unsupported } from '../unsupported.ts';

/** One a step, without the end; float32. */
export function edmSigmas({ config, request }: SamplerSetup): number[] {
  const { sigma_min: min = 0.002, sigma_max: max = 80, rho } = config;
  if (config.sigma_schedule === 'exponential') {
    return Array.from(float32Linspace(Math.log(min), Math.log(max), request.steps), (log) =>
      f32(Math.exp(log)),
    ).toReversed();
  }
  const minRoot = min ** (1 / rho);
  const maxRoot = max ** (1 / rho);
  return Array.from(float32Linspace(0, 1, request.steps), (ramp) =>
    f32(f32(maxRoot + f32(ramp * (minRoot - maxRoot))) ** rho),
  );
}

export function edmTimestep(sigma: number): number {
  return f32(0.25 * f32(Math.log(sigma)));
}

export function edmInputScale({ sigma_data: data }: ResolvedScheduler, sigma: number): number {
  return 1 / Math.sqrt(sigma ** 2 + data ** 2);
}

export function edmNoiseScale({ sigma_max: max = 80 }: ResolvedScheduler): number {
  return Math.sqrt(max ** 2 + 1);
}

/** The clean picture: part of the sample, part of the answer. */
export function edmClean(
  config: ResolvedScheduler,
  sigma: number,
  { output, sample }: Pick<StepCall, 'output' | 'sample'>,
): Float32Array {
  const { sigma_data: data, prediction_type: prediction } = config;
  if (prediction !== 'epsilon' && prediction !== 'v_prediction') {
    throw unsupported(
      `The model's scheduler_config.json sets "prediction_type" to ${prediction}, which EDM samplers do not have; choose another sampler.`,
    );
  }
  const square = sigma ** 2 + data ** 2;
  const sign = prediction === 'epsilon' ? 1 : -1;
  return combine([data ** 2 / square, sample], [(sign * sigma * data) / Math.sqrt(square), output]);
}

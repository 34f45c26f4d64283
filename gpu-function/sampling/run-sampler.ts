/** The loop of every run: scale, ask the network, step, tell. */
import { GenerationError } from '#contract/generation-error.ts';
import { isFiniteData } from './finite-data.ts';
import type { Sampler } from './sampler.ts';
import type { SamplingRun } from './sampling-plan.ts';
import { unsupported } from './unsupported.ts';

/** To the last bits of alpha² + sigma² = 1. */
const NO_SCALE_ERROR = 1e-12;

/** Resolves to the sample after the last step. `run.start` is left as it is. */
export async function runSampler(
  sampler: Sampler,
  firstCall: number,
  run: SamplingRun,
): Promise<Float32Array> {
  const method = sampler.start(firstCall);
  const buffer = new Float32Array(run.start.length);
  const calls = sampler.timesteps.length;
  const steps = countSteps(sampler, firstCall);
  let sample: Float32Array = run.start.slice();
  let step = 1;
  for (let call = firstCall; call < calls; call++) {
    const scale = sampler.inputScale(call, call === firstCall);
    const output = await run.callNetwork(
      scaled(sample, scale, buffer),
      sampler.timesteps[call] ?? 0,
    );
    if (output.length !== sample.length) {
      throw new GenerationError(
        'model-broken',
        `The model's network answered with ${output.length} values for ${sample.length}. Repair the model package.`,
      );
    }
    const result = method.step({
      output,
      sample,
      pictures: run.pictures ?? 1,
      drawNoise: (interval) => run.drawNoise(interval),
    });
    ({ sample } = result);
    if (!isFiniteData(sample) && isFiniteData(output)) {
      throw unsupported(
        `Step ${step} of ${steps} left the range of numbers: the model's scheduler_config.json does not suit this sampler. Choose another sampler or spacing.`,
      );
    }
    const { denoised, isUnfinished = false } = result;
    const isStepEnd = !isUnfinished || call === calls - 1;
    await run.onStep({
      step,
      steps,
      call: call - firstCall + 1,
      isStepEnd,
      latents: sample,
      denoised,
    });
    if (isStepEnd) step++;
  }
  return sample;
}

/** Steps of a run that begins with this call. */
export function countSteps(sampler: Sampler, firstCall: number): number {
  const calls = sampler.timesteps.length - firstCall;
  return sampler.countSteps?.(calls) ?? Math.ceil(calls / sampler.callsPerStep);
}

/** The sample itself where there is nothing to scale. */
function scaled(sample: Float32Array, scale: number, buffer: Float32Array): Float32Array {
  if (Math.abs(scale - 1) < NO_SCALE_ERROR) return sample;
  for (let index = 0; index < sample.length; index++) buffer[index] = scale * (sample[index] ?? 0);
  return buffer;
}

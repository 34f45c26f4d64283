/**
 * DPM-Solver++(2M): second order, with the step before as its second point.
 * https://arxiv.org/abs/2211.01095 algorithm 2, in the midpoint form.
 */
import type { NoiseLevel } from '../noise-level.ts';
import type { SamplerInput } from '../sampler.ts';

export async function sampleDpmpp2m(input: SamplerInput): Promise<Float32Array> {
  const { sample, steps, options } = input;
  let clean = new Float32Array(sample.length);
  let previous = new Float32Array(sample.length);
  let previousLength = 0;
  for (const [index, { from, to }] of steps.entries()) {
    await input.denoise(sample, from, clean);
    const length = halfLogSnr(to) - halfLogSnr(from);
    const isLast = index === steps.length - 1;
    // Levels that repeat leave no second point: 0 is the first step, or one of no length.
    const isFirstOrder = previousLength === 0 || (isLast && options.isLastFirstOrder);
    const extrapolation = isFirstOrder ? 0 : length / previousLength / 2;
    const sampleWeight = to.sigma / from.sigma;
    const cleanWeight = to.alpha - sampleWeight * from.alpha;
    const currentWeight = cleanWeight * (1 + extrapolation);
    const previousWeight = -cleanWeight * extrapolation;
    for (let i = 0; i < sample.length; i++) {
      sample[i] =
        sampleWeight * (sample[i] ?? 0) +
        currentWeight * (clean[i] ?? 0) +
        previousWeight * (previous[i] ?? 0);
    }
    await input.onStep(index, sample, clean);
    [clean, previous] = [previous, clean];
    previousLength = length;
  }
  return sample;
}

/** Half of the logarithm of the signal-to-noise ratio: the variable in which the solver's steps are measured. */
function halfLogSnr({ alpha, sigma }: NoiseLevel): number {
  return Math.log(alpha) - Math.log(sigma);
}

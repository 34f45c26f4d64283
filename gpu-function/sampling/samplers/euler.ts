/** Euler's method on the probability-flow ODE dx/dsigma = (x - clean) / sigma. https://arxiv.org/abs/2206.00364 */
import type { SamplerInput } from '../sampler.ts';

export async function sampleEuler(input: SamplerInput): Promise<Float32Array> {
  const { sample, steps } = input;
  const clean = new Float32Array(sample.length);
  for (const [index, { from, to }] of steps.entries()) {
    await input.denoise(sample, from, clean);
    const stride = (to.sigma - from.sigma) / from.sigma;
    for (let i = 0; i < sample.length; i++) {
      const value = sample[i] ?? 0;
      sample[i] = value + stride * (value - (clean[i] ?? 0));
    }
    await input.onStep(index, sample, clean);
  }
  return sample;
}

/** Euler steps that go further down than asked and come back up with fresh noise (k-diffusion's "euler_ancestral"). */
import type { SamplerInput } from '../sampler.ts';

export async function sampleEulerAncestral(input: SamplerInput): Promise<Float32Array> {
  const { sample, steps } = input;
  const clean = new Float32Array(sample.length);
  for (const [index, { from, to }] of steps.entries()) {
    await input.denoise(sample, from, clean);
    const up = Math.sqrt((to.sigma / from.sigma) ** 2 * (from.sigma ** 2 - to.sigma ** 2));
    const down = Math.sqrt(Math.max(to.sigma ** 2 - up ** 2, 0));
    const stride = (down - from.sigma) / from.sigma;
    // Drawn at the last step too, where `up` is 0: the reference's generator moves on there as well.
    const noise = input.drawNoise();
    for (let i = 0; i < sample.length; i++) {
      const value = sample[i] ?? 0;
      sample[i] = value + stride * (value - (clean[i] ?? 0)) + up * (noise[i] ?? 0);
    }
    await input.onStep(index, sample, clean);
  }
  return sample;
}

/** DDIM: DDPM's marginals with as much fresh noise as eta says. https://arxiv.org/abs/2010.02502 equations 12 and 16. */
import type { NoiseStep } from '../noise-level.ts';
import type { SamplerInput } from '../sampler.ts';

export async function sampleDdim(input: SamplerInput): Promise<Float32Array> {
  const { sample, steps } = input;
  const { eta, clipRange } = input.options;
  const clean = new Float32Array(sample.length);
  for (const [index, step] of steps.entries()) {
    const { from, to } = step;
    await input.denoise(sample, from, clean);
    const deviation = freshDeviation(step, eta);
    const direction = Math.sqrt(Math.max(to.sigma ** 2 - deviation ** 2, 0)) / from.sigma;
    for (let i = 0; i < sample.length; i++) {
      const unclipped = clean[i] ?? 0;
      // The direction keeps the noise as the network saw it; only the picture is clipped.
      const noise = (sample[i] ?? 0) - from.alpha * unclipped;
      const clipped = Math.min(Math.max(unclipped, -clipRange), clipRange);
      clean[i] = clipped;
      sample[i] = to.alpha * clipped + direction * noise;
    }
    if (eta > 0) {
      const noise = input.drawNoise();
      for (let i = 0; i < sample.length; i++) {
        sample[i] = (sample[i] ?? 0) + deviation * (noise[i] ?? 0);
      }
    }
    await input.onStep(index, sample, clean);
  }
  return sample;
}

function freshDeviation({ from, to }: NoiseStep, eta: number): number {
  const variance = (to.sigma / from.sigma) ** 2 * (1 - (from.alpha / to.alpha) ** 2);
  return eta * Math.sqrt(Math.max(variance, 0));
}

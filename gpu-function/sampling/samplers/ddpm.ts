/** DDPM: walks the trained Markov chain backwards. https://arxiv.org/abs/2006.11239 equations 6 and 7. */
import type { NoiseStep } from '../noise-level.ts';
import { clip, type SamplerInput, type SamplerOptions } from '../sampler.ts';

const { fround } = Math;

/** The reference never lets the variance vanish, which shows at levels that repeat. */
const LEAST_VARIANCE = 1e-20;

export async function sampleDdpm(input: SamplerInput): Promise<Float32Array> {
  const { sample, steps, options } = input;
  const clean = new Float32Array(sample.length);
  for (const [index, step] of steps.entries()) {
    await input.denoise(sample, step.from, clean);
    clip(clean, options.clipRange);
    const { cleanWeight, sampleWeight, deviation } = posterior(step, options.variance);
    for (let i = 0; i < sample.length; i++) {
      sample[i] = cleanWeight * (clean[i] ?? 0) + sampleWeight * (sample[i] ?? 0);
    }
    if (step.from.timestep > 0) {
      const noise = input.drawNoise();
      for (let i = 0; i < sample.length; i++) {
        sample[i] = (sample[i] ?? 0) + deviation * (noise[i] ?? 0);
      }
    }
    await input.onStep(index, sample, clean);
  }
  return sample;
}

/**
 * Mean and standard deviation of q(x_to | x_from, clean). The share of noise of a step is a small difference of large
 * numbers: it is rounded as the reference rounds it, which shows in its fourth digit where steps are as short as trained.
 */
function posterior({ from, to }: NoiseStep, variance: SamplerOptions['variance']) {
  const alpha = fround(fround(from.alpha ** 2) / fround(to.alpha ** 2));
  const beta = 1 - alpha;
  const noiseFrom = from.sigma ** 2;
  const noiseTo = to.sigma ** 2;
  const spread =
    variance === 'large' ? beta : Math.max((noiseTo / noiseFrom) * beta, LEAST_VARIANCE);
  return {
    cleanWeight: (to.alpha * beta) / noiseFrom,
    sampleWeight: (Math.sqrt(alpha) * noiseTo) / noiseFrom,
    deviation: Math.sqrt(spread),
  };
}

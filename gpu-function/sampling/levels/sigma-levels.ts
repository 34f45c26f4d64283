/** Tables of Euler and its kin: sample = clean + sigma · noise, fractional timesteps allowed. */
import { karrasSigmas, sigmaToTimestep } from '../karras-sigmas.ts';
import type { NoiseStep } from '../noise-level.ts';
import {
  plainSpacing,
  spreadTimesteps,
  type LevelFamily,
  type LevelRequest,
} from './level-table.ts';
import { finalSigma, sigmaAt, toLogSigmas, trainedSigmas } from './trained-sigmas.ts';

const { fround } = Math;
const DEFAULT_SPACING = 'linspace';

export const SIGMA_LEVELS: LevelFamily = {
  spacings: ['leading', 'trailing', 'linspace', 'karras'],
  defaultSpacing: DEFAULT_SPACING,
  build(request) {
    const { config, spacing, stepCount } = request;
    const trained = trainedSigmas(config);
    let timesteps = spreadTimesteps(request, DEFAULT_SPACING, fround);
    let sigmas = timesteps.map((timestep) => sigmaAt(timestep, trained));
    if (spacing === 'karras') {
      sigmas = karrasSigmas(sigmas.at(-1) ?? 0, sigmas[0] ?? 0, stepCount);
      const logSigmas = toLogSigmas(trained);
      timesteps = sigmas.map((sigma) => fround(sigmaToTimestep(sigma, logSigmas)));
    }
    const ends = [...sigmas, finalSigma(config, trained)].map(fround);
    const steps = timesteps.map((timestep, index): NoiseStep => ({
      from: { timestep, alpha: 1, sigma: ends[index] ?? 0 },
      to: { alpha: 1, sigma: ends[index + 1] ?? 0 },
    }));
    return { steps, initialNoiseScale: noiseScale(request, ends[0] ?? 0) };
  },
};

/** Leading tables begin below the trained maximum, so the picture's own variance of 1 counts there. */
function noiseScale(request: LevelRequest, sigmaMax: number): number {
  return plainSpacing(request, DEFAULT_SPACING) === 'leading' ? Math.hypot(sigmaMax, 1) : sigmaMax;
}

/** Tables of DDPM and DDIM: whole timesteps, each at a level that was trained. */
import { CLEAN_LEVEL, toPreservingLevel, type NoiseStep } from '../noise-level.ts';
import {
  leadingTimesteps,
  linspace,
  roundHalfEven,
  trailingTimesteps,
} from '../timestep-spacing.ts';
import {
  plainSpacing,
  trainedAlphaBars,
  type LevelFamily,
  type LevelRequest,
  type LevelTable,
} from './level-table.ts';

const SPACINGS = ['leading', 'trailing', 'linspace'] as const;

/** Each step ends where the next begins, the last one at the clean picture. */
export const DDPM_LEVELS: LevelFamily = {
  spacings: SPACINGS,
  defaultSpacing: 'leading',
  build(request) {
    const timesteps = wholeTimesteps(request);
    return toTable(request, timesteps, (index) => timesteps[index + 1] ?? -1);
  },
};

/**
 * Each step ends floor(T / n) timesteps below its start, as in the reference, whatever the spacing.
 * https://arxiv.org/abs/2010.02502
 */
export const DDIM_LEVELS: LevelFamily = {
  spacings: SPACINGS,
  defaultSpacing: 'leading',
  build(request) {
    const stride = Math.floor(request.config.num_train_timesteps / request.stepCount);
    const timesteps = wholeTimesteps(request);
    return toTable(request, timesteps, (index) => (timesteps[index] ?? 0) - stride);
  },
};

function wholeTimesteps(request: LevelRequest): number[] {
  const { config, stepCount } = request;
  const length = config.num_train_timesteps;
  switch (plainSpacing(request, 'leading')) {
    case 'leading':
      return leadingTimesteps(Math.floor(length / stepCount), stepCount, {
        offset: config.steps_offset,
        length,
      });
    case 'trailing':
      return trailingTimesteps(length, stepCount);
    case 'linspace':
      return linspace(0, length - 1, stepCount)
        .map(roundHalfEven)
        .toReversed();
  }
}

function toTable(
  { config }: LevelRequest,
  timesteps: readonly number[],
  endOfStep: (index: number) => number,
): LevelTable {
  const alphaBars = trainedAlphaBars(config);
  const trained = (timestep: number) => toPreservingLevel(alphaBars[timestep] ?? 0);
  const finalLevel = config.set_alpha_to_one ? CLEAN_LEVEL : trained(0);
  const steps = timesteps.map((timestep, index): NoiseStep => {
    const end = endOfStep(index);
    return {
      from: { timestep, ...trained(timestep) },
      to: end < 0 ? finalLevel : trained(end),
    };
  });
  return { steps, initialNoiseScale: 1 };
}

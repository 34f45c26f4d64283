/** Tables of DDPM and DDIM: whole timesteps, each at a level that was trained. */
import { CLEAN_LEVEL, toPreservingLevel, type NoiseLevel, type NoiseStep } from '../noise-level.ts';
import type { SchedulerConfig } from '../scheduler-config.ts';
import { roundHalfEven } from '../timestep-spacing.ts';
import {
  spreadTimesteps,
  trainedAlphaBars,
  type LevelFamily,
  type LevelRequest,
  type LevelTable,
} from './level-table.ts';

const SPACINGS = ['leading', 'trailing', 'linspace'] as const;

export const DDPM_LEVELS: LevelFamily = {
  spacings: SPACINGS,
  defaultSpacing: 'leading',
  build: (request) => ddpmTable(request.config, wholeTimesteps(request)),
};

/** Any descending timesteps: each step ends where the next begins, the last one at the clean picture. */
export function ddpmTable(config: SchedulerConfig, timesteps: readonly number[]): LevelTable {
  const levelAt = createLevelLookup(config);
  const steps = timesteps.map((timestep, index): NoiseStep => {
    const end = timesteps[index + 1];
    return {
      from: { timestep, ...levelAt(timestep) },
      to: end === undefined ? CLEAN_LEVEL : levelAt(end),
    };
  });
  return { steps, initialNoiseScale: 1 };
}

/**
 * Each step ends floor(T / n) timesteps below its start, as in the reference, whatever the spacing.
 * https://arxiv.org/abs/2010.02502
 */
export const DDIM_LEVELS: LevelFamily = {
  spacings: SPACINGS,
  defaultSpacing: 'leading',
  build(request) {
    const { config, stepCount } = request;
    const levelAt = createLevelLookup(config);
    const finalLevel = config.set_alpha_to_one ? CLEAN_LEVEL : levelAt(0);
    const stride = Math.floor(config.num_train_timesteps / stepCount);
    const steps = wholeTimesteps(request).map((timestep): NoiseStep => {
      const end = timestep - stride;
      return {
        from: { timestep, ...levelAt(timestep) },
        to: end < 0 ? finalLevel : levelAt(end),
      };
    });
    return { steps, initialNoiseScale: 1 };
  },
};

function wholeTimesteps(request: LevelRequest): number[] {
  return spreadTimesteps(request, 'leading', roundHalfEven);
}

function createLevelLookup(config: SchedulerConfig): (timestep: number) => NoiseLevel {
  const alphaBars = trainedAlphaBars(config);
  return (timestep) => toPreservingLevel(alphaBars[timestep] ?? Number.NaN);
}

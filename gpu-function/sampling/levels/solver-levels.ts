/**
 * Tables of DPM-Solver++ and its kin: variance-preserving levels at whole timesteps, taken from n + 1 points
 * of which the last is left out. https://arxiv.org/abs/2211.01095
 */
import { karrasSigmas, sigmaToTimestep } from '../karras-sigmas.ts';
import { toPreservingLevelOfRatio, type NoiseStep } from '../noise-level.ts';
import type { SchedulerConfig } from '../scheduler-config.ts';
import {
  leadingTimesteps,
  linspace,
  roundHalfEven,
  trailingTimesteps,
} from '../timestep-spacing.ts';
import { unsupported } from '../unsupported.ts';
import { plainSpacing, type LevelFamily, type LevelRequest } from './level-table.ts';
import { finalSigma, sigmaAt, toLogSigmas, trainedSigmas } from './trained-sigmas.ts';

const { fround } = Math;

export const SOLVER_LEVELS: LevelFamily = {
  spacings: ['leading', 'trailing', 'linspace', 'karras'],
  defaultSpacing: 'linspace',
  build(request) {
    const { config, spacing } = request;
    const trained = trainedSigmas(config);
    const points =
      spacing === 'karras' ? karrasPoints(request, trained) : evenPoints(request, trained);
    const ends = [...points.map((point) => point.sigma), finalSigma(config, trained)].map(fround);
    const levels = ends.map(toPreservingLevelOfRatio);
    const clean = toPreservingLevelOfRatio(0);
    const steps = points.map(({ timestep }, index): NoiseStep => ({
      from: { timestep, ...(levels[index] ?? clean) },
      to: levels[index + 1] ?? clean,
    }));
    return { steps, initialNoiseScale: 1 };
  },
};

interface Point {
  timestep: number;
  /** sigma / alpha */
  sigma: number;
}

function evenPoints(request: LevelRequest, trained: Float64Array): Point[] {
  return evenTimesteps(request, trained).map((timestep) => ({
    timestep,
    sigma: sigmaAt(timestep, trained),
  }));
}

/** Over the whole trained range; the network is told the nearest trained timestep, so some repeat. */
function karrasPoints({ config, stepCount }: LevelRequest, trained: Float64Array): Point[] {
  const logSigmas = toLogSigmas(trained);
  // The reference cuts where it does not round: a quirk of its cosine schedules.
  const toWhole = config.beta_schedule === 'squaredcos_cap_v2' ? Math.trunc : roundHalfEven;
  return karrasSigmas(trained[0] ?? 0, trained.at(-1) ?? 0, stepCount).map((sigma) => ({
    timestep: toWhole(sigmaToTimestep(sigma, logSigmas)),
    sigma,
  }));
}

function evenTimesteps(request: LevelRequest, trained: Float64Array): number[] {
  const { config, stepCount } = request;
  const top = usableTimesteps(config, trained);
  switch (plainSpacing(request, 'linspace')) {
    case 'leading': {
      const stride = Math.floor(top / (stepCount + 1));
      if (stride === 0) {
        throw unsupported(
          `DPM++ with leading spacing takes at most ${top - 1} steps of this model, not ${stepCount}; ask for fewer steps.`,
        );
      }
      return leadingTimesteps(stride, stepCount + 1, {
        offset: config.steps_offset,
        length: top,
      }).slice(0, -1);
    }
    case 'trailing':
      return trailingTimesteps(top, stepCount);
    case 'linspace':
      return linspace(0, top - 1, stepCount + 1)
        .map(roundHalfEven)
        .toReversed()
        .slice(0, -1);
  }
}

/** Timesteps whose ln(alpha / sigma) is not below the package's limit. */
function usableTimesteps(config: SchedulerConfig, trained: Float64Array): number {
  const least = config.lambda_min_clipped;
  if (least === undefined) return trained.length;
  return trained.filter((sigma) => -Math.log(sigma) >= least).length;
}

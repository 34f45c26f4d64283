/**
 * Tables of DPM-Solver++ and its kin: variance-preserving levels at whole timesteps, taken from n + 1 points
 * of which the last is left out. https://arxiv.org/abs/2211.01095
 */
import { f32, toFloat32 } from '../float32.ts';
import { toPreservingLevelOfRatio, type NoiseLevel } from '../noise-level.ts';
import type { ResolvedScheduler, SamplerSetup } from '../sampler.ts';
import {
  chosenSpread,
  sigmaToTimestep,
  spreadSigmas,
  type SigmaRange,
  type SigmaSpread,
} from '../sigma-spacing.ts';
import { leadingTimesteps, linspace, roundHalfEven } from '../timestep-spacing.ts';
import { sigmaAt, trainedTable, type TrainedTable } from '../trained-table.ts';
import { unsupported } from '../unsupported.ts';
import { flowSolverSigmas, oldFlowSolverSigmas } from './flow-sigmas.ts';

export interface SolverSchedule {
  timesteps: number[];
  /** One a step and the end: sigma / alpha, or sigma itself in flow matching. */
  sigmas: number[];
}

/** In what the classes differ. */
export interface SolverTraits {
  /** What a spread ends with: the trained minimum where the end is not clean, or the spread's own least sigma. */
  end: 'trained' | 'spread' | 'repeat';
  /** A quirk of cosine schedules in one class: Karras timesteps are cut where the others round them. */
  cutsCosine?: boolean;
  /** Sigmas that the configuration may set as ends. */
  range?: { [key in keyof SigmaRange]?: number | undefined };
  /** Flow matching in its newer form, with shifts. */
  hasFlowShifts?: boolean;
}

export function solverSchedule(setup: SamplerSetup, traits: SolverTraits): SolverSchedule {
  const { config, request } = setup;
  const table = trainedTable(config);
  const spread = chosenSpread(config);
  if (spread !== undefined) return spreadSchedule(setup, spread, { table, traits });
  if (config.use_flow_sigmas) return flowSchedule(setup, traits);
  const timesteps = request.timesteps?.map(Math.trunc) ?? evenTimesteps(setup, table);
  const sigmas = timesteps.map((timestep) => sigmaAt(timestep, table.sigmas));
  const isClean = traits.end !== 'repeat' && config.final_sigmas_type === 'zero';
  return { timesteps, sigmas: toFloat32([...sigmas, isClean ? 0 : (table.sigmas[0] ?? 0)]) };
}

/** Over the whole trained range; the network is told a whole timestep, so some repeat. */
function spreadSchedule(
  { config, request }: SamplerSetup,
  spread: SigmaSpread,
  { table, traits }: { table: TrainedTable; traits: SolverTraits },
): SolverSchedule {
  const { sigmas: trained, logSigmas } = table;
  const ends = {
    min: traits.range?.min ?? trained[0] ?? 0,
    max: traits.range?.max ?? trained.at(-1) ?? 0,
  };
  const moved = spreadSigmas(spread, ends, request.steps);
  const isFlow = config.use_flow_sigmas && traits.hasFlowShifts === true && spread === 'karras';
  const sigmas = isFlow ? moved.map((sigma) => sigma / (sigma + 1)) : moved;
  const isRounded = spread === 'karras' || spread === 'lu';
  const isCosine = traits.cutsCosine === true && config.beta_schedule === 'squaredcos_cap_v2';
  const toWhole = isRounded && !isCosine && !isFlow ? roundHalfEven : Math.trunc;
  const timesteps = sigmas.map((sigma) =>
    toWhole(isFlow ? sigma * config.num_train_timesteps : sigmaToTimestep(sigma, logSigmas)),
  );
  return { timesteps, sigmas: toFloat32([...sigmas, spreadEnd(config, traits, sigmas, table)]) };
}

function spreadEnd(
  config: ResolvedScheduler,
  { end }: SolverTraits,
  sigmas: readonly number[],
  table: TrainedTable,
): number {
  if (end === 'repeat') return sigmas.at(-1) ?? 0;
  if (config.final_sigmas_type === 'zero') return 0;
  return (end === 'spread' ? sigmas.at(-1) : table.sigmas[0]) ?? 0;
}

function flowSchedule({ config, request }: SamplerSetup, traits: SolverTraits): SolverSchedule {
  const sigmas =
    traits.hasFlowShifts === true
      ? flowSolverSigmas(config, request)
      : oldFlowSolverSigmas(config, request);
  const timesteps = sigmas.map((sigma) => Math.trunc(sigma * config.num_train_timesteps));
  const isClean = traits.end !== 'repeat' && config.final_sigmas_type === 'zero';
  const trainedEnd =
    traits.end === 'trained' ? (trainedTable(config).sigmas[0] ?? 0) : (sigmas.at(-1) ?? 0);
  return { timesteps, sigmas: toFloat32([...sigmas, isClean ? 0 : trainedEnd]) };
}

function evenTimesteps({ config, request }: SamplerSetup, table: TrainedTable): number[] {
  const { steps } = request;
  const top = usableTimesteps(config, table.sigmas);
  switch (config.timestep_spacing) {
    case 'leading': {
      const stride = Math.floor(top / (steps + 1));
      if (stride === 0) {
        throw unsupported(
          `Leading spacing takes at most ${top - 1} steps of this model with this sampler, not ${steps}; ask for fewer steps.`,
        );
      }
      return leadingTimesteps(stride, steps + 1, {
        offset: config.steps_offset,
        length: config.num_train_timesteps,
      }).slice(0, -1);
    }
    case 'trailing':
      return trailingFrom(top, config.num_train_timesteps / steps);
    case 'linspace':
    case 'sgm-uniform':
      return linspace(0, top - 1, steps + 1)
        .map(roundHalfEven)
        .toReversed()
        .slice(0, -1);
  }
}

/** Down from `top` - 1 by the exact ratio, each rounded, as long as something is left. */
function trailingFrom(top: number, ratio: number): number[] {
  const difference = top - ratio - top;
  const count = Math.max(Math.ceil(top / ratio - 1e-9), 1);
  return Array.from({ length: count }, (_, index) => roundHalfEven(top + difference * index) - 1);
}

/** Timesteps whose ln(alpha / sigma) is not below the package's limit. */
function usableTimesteps(config: ResolvedScheduler, sigmas: Float64Array): number {
  const least = config.lambda_min_clipped;
  if (least === Number.NEGATIVE_INFINITY) return sigmas.length;
  return Math.max(sigmas.filter((sigma) => -Math.log(sigma) >= least).length, 1);
}

/** As the solvers read it, in float32. */
export interface SolverLevel extends NoiseLevel {
  /** ln(alpha / sigma), half the logarithm of the signal-to-noise ratio. */
  lambda: number;
}

export function toSolverLevel(config: ResolvedScheduler, sigma: number): SolverLevel {
  const level = config.use_flow_sigmas
    ? { alpha: f32(1 - sigma), sigma }
    : float32PreservingLevel(sigma);
  const lambda = f32(f32(Math.log(level.alpha)) - f32(Math.log(level.sigma)));
  return { ...level, lambda };
}

function float32PreservingLevel(ratio: number): NoiseLevel {
  const alpha = f32(1 / f32(Math.sqrt(f32(f32(ratio * ratio) + 1))));
  return { alpha, sigma: f32(ratio * alpha) };
}

/** What a picture is noised to at each step. */
export function solverNoiseLevels(
  config: ResolvedScheduler,
  { timesteps, sigmas }: SolverSchedule,
): NoiseLevel[] {
  return timesteps.map((_, index) => {
    const sigma = sigmas[index] ?? 0;
    return config.use_flow_sigmas ? { alpha: 1 - sigma, sigma } : toPreservingLevelOfRatio(sigma);
  });
}

/** Tables of Euler and its kin: sample = clean + sigma · noise, fractional timesteps allowed. */
import { f32, float32Linspace, toFloat32 } from '../float32.ts';
import { networkInputScale, type NoiseLevel } from '../noise-level.ts';
import type { ResolvedScheduler, SamplerSetup } from '../sampler.ts';
import { chosenSpread, sigmaToTimestep, spreadSigmas, type SigmaRange } from '../sigma-spacing.ts';
import { leadingTimesteps, linspace, trailingTimesteps } from '../timestep-spacing.ts';
import { sigmaAt, trainedTable, type TrainedTable } from '../trained-table.ts';

export interface SigmaSchedule {
  /** One a step, in doubles: the classes round them differently. */
  timesteps: number[];
  /** One a step and the end, in doubles. */
  sigmas: number[];
  table: TrainedTable;
}

/** One step for each sigma, down to nothing but the picture. */
export function sigmaSchedule({ config, request }: SamplerSetup): SigmaSchedule {
  const table = trainedTable(config);
  const timesteps = request.timesteps?.map(f32) ?? plainTimesteps(config, request.steps);
  const sigmas = timesteps.map((timestep) => sigmaAt(timestep, table.sigmas));
  return { ...respread({ timesteps, sigmas, table }, config, {}), table };
}

/** Euler's own: ends, ranges and lists of sigmas may be set. */
export function eulerSchedule(setup: SamplerSetup): SigmaSchedule {
  const { config, request } = setup;
  const table = trainedTable(config);
  if (request.sigmas !== undefined) {
    const sigmas = toFloat32(request.sigmas);
    const timesteps = sigmas.slice(0, -1).map((sigma) => floatTimestep(sigma, table.logSigmas));
    return { timesteps, sigmas, table };
  }
  const timesteps = request.timesteps?.map(f32) ?? plainTimesteps(config, request.steps);
  const sigmas =
    config.interpolation_type === 'log_linear'
      ? logLinearSigmas(table, timesteps.length)
      : timesteps.map((timestep) => sigmaAt(timestep, table.sigmas));
  const range = { min: config.sigma_min, max: config.sigma_max };
  const spread = respread({ timesteps, sigmas, table }, config, range);
  const end = config.final_sigmas_type === 'sigma_min' ? (table.sigmas[0] ?? 0) : 0;
  return { ...spread, sigmas: [...spread.sigmas.slice(0, -1), end], table };
}

/** The logarithm and the share are float32, the timestep is not: NumPy's rules for a float32 sigma. */
function floatTimestep(sigma: number, logSigmas: Float64Array): number {
  const timestep = sigmaToTimestep(sigma, logSigmas, f32);
  const low = Math.floor(timestep);
  return low + f32(timestep - low);
}

/** One more than the steps: that is how the reference's table comes out. */
function logLinearSigmas({ logSigmas }: TrainedTable, steps: number): number[] {
  const ends = [logSigmas.at(-1) ?? 0, logSigmas[0] ?? 0] as const;
  return Array.from(float32Linspace(...ends, steps + 1), (log) => f32(Math.exp(log)));
}

/** Karras, exponential or beta between the ends, with the timesteps that belong to them; the clean end is appended. */
function respread(
  { timesteps, sigmas, table }: SigmaSchedule,
  config: ResolvedScheduler,
  range: { [key in keyof SigmaRange]?: number | undefined },
): Pick<SigmaSchedule, 'timesteps' | 'sigmas'> {
  const spread = chosenSpread(config);
  if (spread === undefined) return { timesteps, sigmas: [...sigmas, 0] };
  const ends = { min: range.min ?? sigmas.at(-1) ?? 0, max: range.max ?? sigmas[0] ?? 0 };
  const moved = spreadSigmas(spread, ends, timesteps.length);
  return {
    timesteps: moved.map((sigma) => sigmaToTimestep(sigma, table.logSigmas)),
    sigmas: [...moved, 0],
  };
}

function plainTimesteps(config: ResolvedScheduler, steps: number): number[] {
  const length = config.num_train_timesteps;
  switch (config.timestep_spacing) {
    case 'leading':
      return leadingTimesteps(Math.floor(length / steps), steps, {
        offset: config.steps_offset,
        length,
      });
    case 'trailing':
      return trailingTimesteps(length, steps);
    case 'linspace':
      return linspace(0, length - 1, steps).toReversed();
    case 'sgm-uniform':
      return linspace(length - 1, 0, steps + 1).slice(0, -1);
  }
}

/** Leading tables begin below the trained maximum, so the picture's own variance of 1 counts there. */
export function sigmaNoiseScale(config: ResolvedScheduler, sigmas: readonly number[]): number {
  const sigmaMax = Math.max(...sigmas);
  return config.timestep_spacing === 'leading'
    ? f32(Math.sqrt(f32(f32(sigmaMax * sigmaMax) + 1)))
    : sigmaMax;
}

export const toSigmaLevel = (sigma: number): NoiseLevel => ({ alpha: 1, sigma });

export function sigmaInputScale(sigma: number): number {
  return networkInputScale(toSigmaLevel(sigma));
}

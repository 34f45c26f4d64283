/** Euler's method on the straight paths of flow matching. https://arxiv.org/abs/2403.03206 */
import { combine } from '../combine.ts';
import { f32, toFloat32 } from '../float32.ts';
import type { CreateSampler, SamplerSetup } from '../sampler.ts';
import { chosenSpread, spreadSigmas } from '../sigma-spacing.ts';
import { shiftSigma, shiftSigmas } from '../schedules/flow-sigmas.ts';
import { linspace } from '../timestep-spacing.ts';
import { countCalls } from './count-calls.ts';

export const createFlowMatchEuler: CreateSampler = (setup) => {
  const { config } = setup;
  const { sigmas, timesteps } = flowTable(setup);
  return {
    timesteps,
    sigmas,
    initialNoiseScale: 1,
    callsPerStep: 1,
    noiseLevels: timesteps.map((_, index) => {
      const sigma = sigmas[index] ?? 0;
      return { alpha: 1 - sigma, sigma };
    }),
    inputScale: () => 1,
    start: (firstCall) =>
      countCalls(firstCall, (index, call) => {
        const sigma = sigmas[index] ?? 0;
        const next = sigmas[index + 1] ?? 0;
        const denoised = combine([1, call.sample], [-sigma, call.output]);
        if (config.stochastic_sampling) {
          return { sample: combine([1 - next, denoised], [next, call.drawNoise()]), denoised };
        }
        return { sample: combine([1, call.sample], [f32(next - sigma), call.output]), denoised };
      }),
  };
};

function flowTable({ config, request }: SamplerSetup): { sigmas: number[]; timesteps: number[] } {
  const length = config.num_train_timesteps;
  const custom = request.timesteps?.map(f32);
  // NumPy keeps lists that are handed in as float32, and its own in doubles.
  const isFloat32 = custom !== undefined || request.sigmas !== undefined;
  const plain =
    request.sigmas?.map(f32) ??
    custom?.map((timestep) => f32(timestep / length)) ??
    trainedTimesteps(setupRange(config), length, request.steps);
  const shifted = shiftSigmas(config, plain, { shift: config.shift, mu: request.mu, isFloat32 });
  const spread = chosenSpread(config);
  const range = { min: shifted.at(-1) ?? 0, max: shifted[0] ?? 1 };
  const spreadOut = spread === undefined ? shifted : spreadSigmas(spread, range, shifted.length);
  const sigmas = toFloat32(spreadOut);
  if (config.invert_sigmas) {
    const inverted = sigmas.map((sigma) => f32(1 - sigma));
    return { sigmas: [...inverted, 1], timesteps: inverted.map((sigma) => f32(sigma * length)) };
  }
  const timesteps = custom ?? sigmas.map((sigma) => f32(sigma * length));
  return { sigmas: [...sigmas, 0], timesteps };
}

/** The ends of the trained table, which are shifted already: a run shifts its least sigma twice, as the reference does. */
function setupRange(config: SamplerSetup['config']): { first: number; last: number } {
  const length = config.num_train_timesteps;
  const least = f32(1 / length);
  if (config.use_dynamic_shifting) return { first: 1, last: least };
  return { first: shiftSigma(1, config.shift, f32), last: shiftSigma(least, config.shift, f32) };
}

function trainedTimesteps(
  { first, last }: { first: number; last: number },
  length: number,
  steps: number,
): number[] {
  return linspace(first * length, last * length, steps).map((timestep) => timestep / length);
}

/** DPM-Solver++ multistep (2M, 3M), its SDE forms, and DPM-Solver. https://arxiv.org/abs/2211.01095 algorithm 2 */
import type { Term } from '../combine.ts';
import type { NoiseLevel } from '../noise-level.ts';
import type {
  CreateSampler,
  ResolvedScheduler,
  Sampler,
  StepCall,
  StepResult,
} from '../sampler.ts';
import {
  solverNoiseLevels,
  solverSchedule,
  toSolverLevel,
  type SolverLevel,
} from '../schedules/solver-schedule.ts';
import { countCalls, createHistory } from './count-calls.ts';
import { dpmUpdate } from './dpm-solver-update.ts';
import { dpmAlgorithm, isStochastic, toSolverValue } from './solver-settings.ts';

/** Below this number of steps the last ones are of lower order. */
const FEW_STEPS = 15;

export const createDpmppMultistep: CreateSampler = (setup) => {
  const { config } = setup;
  const schedule = solverSchedule(setup, { end: 'trained', cutsCosine: true });
  const levels = schedule.sigmas.map((sigma) => toSolverLevel(config, sigma));
  const algorithm = dpmAlgorithm(config);
  const usesNoise = algorithm === 'dpmsolver' || algorithm === 'sde-dpmsolver';
  return {
    ...schedule,
    initialNoiseScale: 1,
    callsPerStep: 1,
    noiseLevels: solverNoiseLevels(config, schedule),
    inputScale: () => 1,
    start: multistepRun({
      config,
      levels,
      convert: (level, call) => toSolverValue(config, usesNoise, level, call),
    }),
  };
};

export interface MultistepParts {
  config: ResolvedScheduler;
  /** One a step and the end. */
  levels: readonly SolverLevel[];
  convert: (level: NoiseLevel, call: StepCall) => { value: Float32Array; denoised: Float32Array };
}

export function multistepRun({ config, levels, convert }: MultistepParts): Sampler['start'] {
  const algorithm = dpmAlgorithm(config);
  const steps = levels.length - 1;
  return (firstCall) => {
    const values = createHistory(3);
    return countCalls(firstCall, (index, call): StepResult => {
      const [to, from, before, earlier] = [1, 0, -1, -2].map((offset) => levels[index + offset]);
      if (to === undefined || from === undefined)
        throw new RangeError(`There is no step ${index}.`);
      const { value, denoised } = convert(from, call);
      values.add(value);
      const order = Math.min(orderAt(config, index, steps), values.values.length);
      const { slope, curve } = derivatives(values.values, { to, from, before, earlier }, order);
      const sample = dpmUpdate({
        algorithm,
        from,
        to,
        sample: call.sample,
        value,
        slope,
        curve,
        usesHeun: config.solver_type === 'heun' || order > 2,
        noise: isStochastic(algorithm) ? call.drawNoise() : undefined,
      });
      return { sample, denoised };
    });
  };
}

/** The package's order, lower at the end where it asks for that or ends at the picture itself. */
function orderAt(config: ResolvedScheduler, index: number, steps: number): number {
  const isCautious = config.lower_order_final && steps < FEW_STEPS;
  if (index === steps - 1) {
    const isFirst = config.euler_at_final || isCautious || config.final_sigmas_type === 'zero';
    if (isFirst) return 1;
  }
  if (index === steps - 2 && isCautious) return Math.min(config.solver_order, 2);
  return config.solver_order;
}

interface StepLevels {
  to: SolverLevel;
  from: SolverLevel;
  before: SolverLevel | undefined;
  earlier: SolverLevel | undefined;
}

/** Finite differences over the answers so far, newest first, times the step's length. */
function derivatives(
  [value, previous, oldest]: readonly Float32Array[],
  { to, from, before, earlier }: StepLevels,
  order: number,
): { slope: Term[]; curve: Term[] } {
  const none = { slope: [], curve: [] };
  if (order < 2 || value === undefined || previous === undefined || before === undefined) {
    return none;
  }
  const length = to.lambda - from.lambda;
  const first = (from.lambda - before.lambda) / length;
  // Levels that repeat leave no second point.
  if (first === 0 || length === 0) return none;
  const near: Term[] = [
    [1 / first, value],
    [-1 / first, previous],
  ];
  if (order < 3 || oldest === undefined || earlier === undefined) return { slope: near, curve: [] };
  const second = (before.lambda - earlier.lambda) / length;
  if (second === 0) return { slope: near, curve: [] };
  // near - far, where far is the same difference one step earlier.
  const bend: Term[] = [
    [1 / first, value],
    [-1 / first - 1 / second, previous],
    [1 / second, oldest],
  ];
  const share = first / (first + second);
  return {
    slope: [...near, ...bend.map(([weight, values]): Term => [share * weight, values])],
    curve: bend.map(([weight, values]): Term => [weight / (first + second), values]),
  };
}

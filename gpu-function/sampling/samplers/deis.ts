/** DEIS: exponential integration of the noise, interpolated over log rho. https://arxiv.org/abs/2204.13902 */
import { combine, type Term } from '../combine.ts';
import { noiseBeside, thresholdClean, toClean } from '../convert-output.ts';
import { f32 } from '../float32.ts';
import type { CreateSampler, ResolvedScheduler, StepResult } from '../sampler.ts';
import {
  solverNoiseLevels,
  solverSchedule,
  toSolverLevel,
  type SolverLevel,
} from '../schedules/solver-schedule.ts';
import { unsupported } from '../unsupported.ts';
import { countCalls, createHistory } from './count-calls.ts';
import { distinctLevels } from './distinct-levels.ts';

const FEW_STEPS = 15;
const ORDER_MAX = 3;

export const createDeis: CreateSampler = (setup) => {
  const { config } = setup;
  if (config.solver_order > ORDER_MAX) {
    throw unsupported(
      `The model's scheduler_config.json sets "solver_order" to ${config.solver_order}, and DEIS has 1 to ${ORDER_MAX}; choose the sampler unipc.`,
    );
  }
  const schedule = solverSchedule(setup, { end: 'repeat' });
  const levels = schedule.sigmas.map((sigma) => toSolverLevel(config, sigma));
  const steps = schedule.timesteps.length;
  return {
    ...schedule,
    initialNoiseScale: 1,
    callsPerStep: 1,
    noiseLevels: solverNoiseLevels(config, schedule),
    inputScale: () => 1,
    start(firstCall) {
      const noises = createHistory(ORDER_MAX);
      return countCalls(firstCall, (index, call): StepResult => {
        const from = levels[index];
        const to = levels[index + 1];
        if (from === undefined || to === undefined)
          throw new RangeError(`There is no step ${index}.`);
        const clean = toClean(config.prediction_type, from, call);
        const denoised = thresholdClean(clean, config, call.pictures);
        noises.add(noiseBeside(denoised, call.sample, from));
        const wanted = Math.min(orderAt(config, index, steps), noises.values.length);
        const order = distinctLevels(levels, index, wanted);
        const nodes = Array.from({ length: order }, (_, age) => levels[index - age] ?? from);
        const terms = noises.values
          .slice(0, order)
          .map((noise, age): Term => [noiseWeight(nodes, age, to), noise]);
        return { sample: combine([f32(to.alpha / from.alpha), call.sample], ...terms), denoised };
      });
    },
  };
};

function orderAt(config: ResolvedScheduler, index: number, steps: number): number {
  const isCautious = config.lower_order_final && steps < FEW_STEPS;
  if (isCautious && index === steps - 1) return 1;
  if (isCautious && index === steps - 2) return Math.min(config.solver_order, 2);
  return config.solver_order;
}

/** alpha_to · the integral over rho of the Lagrange polynomial (in log rho) of the answer with this age. */
function noiseWeight(nodes: readonly SolverLevel[], age: number, to: SolverLevel): number {
  const [from] = nodes;
  if (from === undefined) return 0;
  if (nodes.length === 1) return -to.sigma * Math.expm1(f32(to.lambda - from.lambda));
  const logs = nodes.map(({ lambda }) => -lambda);
  const own = logs[age] ?? 0;
  const others = logs.filter((_, other) => other !== age);
  const divisor = others.reduce((product, log) => product * (own - log), 1);
  const end = integral(-to.lambda, others);
  const start = integral(-from.lambda, others);
  return (to.alpha * (end - start)) / divisor;
}

/** Of the product of (log t - log root), by t; at t = exp(log). */
function integral(log: number, [first = 0, second]: readonly number[]): number {
  const t = Math.exp(log);
  if (second === undefined) return t * (log - first - 1);
  return t * (log * log - (first + second + 2) * log + first * second + first + second + 2);
}

/** DPM-Solver++ singlestep (2S, 3S): each group of calls starts from the same sample. https://arxiv.org/abs/2211.01095 algorithm 1 */
import type { Term } from '../combine.ts';
import type { CreateSampler, ResolvedScheduler, StepResult } from '../sampler.ts';
import {
  solverNoiseLevels,
  solverSchedule,
  toSolverLevel,
  type SolverLevel,
} from '../schedules/solver-schedule.ts';
import { unsupported } from '../unsupported.ts';
import { countCalls, createHistory } from './count-calls.ts';
import { dpmUpdate, type UpdateInput } from './dpm-solver-update.ts';
import { dpmAlgorithm, isStochastic, toSolverValue } from './solver-settings.ts';

export const createDpmppSinglestep: CreateSampler = (setup) => {
  const { config } = setup;
  const schedule = solverSchedule(setup, { end: 'trained' });
  const levels = schedule.sigmas.map((sigma) => toSolverLevel(config, sigma));
  const algorithm = dpmAlgorithm(config);
  const usesNoise = algorithm === 'dpmsolver' || algorithm === 'sde-dpmsolver';
  const orders = orderList(config, schedule.timesteps.length);
  return {
    ...schedule,
    initialNoiseScale: 1,
    callsPerStep: 1,
    noiseLevels: solverNoiseLevels(config, schedule),
    inputScale: () => 1,
    start(firstCall) {
      const values = createHistory(3);
      let base: Float32Array | undefined;
      return countCalls(firstCall, (index, call): StepResult => {
        const from = levels[index];
        const to = levels[index + 1];
        if (from === undefined || to === undefined)
          throw new RangeError(`There is no step ${index}.`);
        const { value, denoised } = toSolverValue(config, usesNoise, from, call);
        values.add(value);
        const noise = isStochastic(algorithm) ? call.drawNoise() : undefined;
        // A run from a picture may begin inside a group: there is less to look back on.
        const order = Math.min(orders[index] ?? 1, values.values.length);
        if (order === 1 || base === undefined) base = call.sample;
        const group = [0, -1, -2].map((offset) => levels[index + offset] ?? from);
        const update = groupUpdate(values.values, { group, to, order, config });
        return { sample: dpmUpdate({ ...update, algorithm, to, sample: base, noise }), denoised };
      });
    },
  };
};

interface GroupParts {
  /** The levels of the last calls, newest first. */
  group: readonly SolverLevel[];
  to: SolverLevel;
  order: number;
  config: ResolvedScheduler;
}

/** From the first level of the group, with the later answers as derivatives. */
function groupUpdate(
  [newest = new Float32Array(), middle = newest, oldest = middle]: readonly Float32Array[],
  { group, to, order, config }: GroupParts,
): Pick<UpdateInput, 'from' | 'value' | 'usesHeun' | 'slope' | 'curve'> {
  const [last, second, first] = group as [SolverLevel, SolverLevel, SolverLevel];
  const usesHeun = config.solver_type === 'heun';
  if (order === 1) return { from: last, value: newest, usesHeun };
  if (order === 2) {
    const share = (last.lambda - second.lambda) / (to.lambda - second.lambda);
    return { from: second, value: middle, usesHeun, slope: difference(newest, middle, share) };
  }
  const length = to.lambda - first.lambda;
  const far = (last.lambda - first.lambda) / length;
  const near = (second.lambda - first.lambda) / length;
  const farSlope = difference(newest, oldest, far);
  if (!usesHeun || far === near || near === 0)
    return { from: first, value: oldest, usesHeun: true, slope: farSlope };
  const nearSlope = difference(middle, oldest, near);
  const gap = far - near;
  return {
    from: first,
    value: oldest,
    usesHeun,
    slope: [...times(nearSlope, far / gap), ...times(farSlope, -near / gap)],
    curve: [...times(farSlope, 2 / gap), ...times(nearSlope, -2 / gap)],
  };
}

/** (later - earlier) / share; nothing where levels are the same. */
function difference(later: Float32Array, earlier: Float32Array, share: number): Term[] {
  if (share === 0 || !Number.isFinite(share)) return [];
  return [
    [1 / share, later],
    [-1 / share, earlier],
  ];
}

function times(terms: readonly Term[], factor: number): Term[] {
  return terms.map(([weight, values]) => [factor * weight, values]);
}

/** 1, 2, 3, 1, 2, 3, … with a lower end where the steps do not divide or the table ends at the picture. */
function orderList(config: ResolvedScheduler, steps: number): number[] {
  const order = config.solver_order;
  if (order > 3) {
    throw unsupported(
      `The model's scheduler_config.json sets "solver_order" to ${order}, and singlestep DPM++ has 1 to 3; choose the sampler unipc.`,
    );
  }
  const cycle = Array.from({ length: order }, (_, index) => index + 1);
  const repeat = (count: number) => Array.from({ length: Math.max(count, 0) }, () => cycle).flat();
  const isLowered =
    config.lower_order_final || steps % order !== 0 || config.final_sigmas_type === 'zero';
  const rest = steps % order;
  const groups = Math.floor(steps / order);
  if (!isLowered || order === 1) return repeat(groups);
  if (rest === 0) return [...repeat(groups - 1), ...cycle.slice(0, -1), 1];
  const orders = [...repeat(groups), ...cycle.slice(0, rest)];
  // The step to the picture itself has no second point.
  return config.final_sigmas_type === 'zero' ? [...orders.slice(0, -1), 1] : orders;
}

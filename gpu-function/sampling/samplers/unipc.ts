/** UniPC: a predictor, and a corrector that uses the next step's answer for nothing extra. https://arxiv.org/abs/2302.04867 */
import { combine, type Term } from '../combine.ts';
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
import { solveLinear } from './solve-linear.ts';
import { toSolverValue } from './solver-settings.ts';

export const createUnipc: CreateSampler = (setup) => {
  const { config } = setup;
  if (config.solver_p !== undefined) {
    throw unsupported(
      `The model's scheduler_config.json sets "solver_p", another solver inside UniPC, which is not supported; choose the sampler dpmpp-2m.`,
    );
  }
  const range = { min: config.sigma_min, max: config.sigma_max };
  const schedule = solverSchedule(setup, { end: 'spread', hasFlowShifts: true, range });
  const levels = schedule.sigmas.map((sigma) => toSolverLevel(config, sigma));
  const steps = schedule.timesteps.length;
  const limit = config.solver_order;
  return {
    ...schedule,
    initialNoiseScale: 1,
    callsPerStep: 1,
    noiseLevels: solverNoiseLevels(config, schedule),
    inputScale: () => 1,
    start(firstCall) {
      const values = createHistory(limit);
      let last: { sample: Float32Array; order: number } | undefined;
      let known = 0;
      return countCalls(firstCall, (index, call): StepResult => {
        const from = levels[index];
        const to = levels[index + 1];
        if (from === undefined || to === undefined)
          throw new RangeError(`There is no step ${index}.`);
        const { value, denoised } = toSolverValue(config, !config.predict_x0, from, call);
        // A step between two equal levels has nothing to correct.
        const isMoved = levels[index - 1]?.lambda !== from.lambda;
        const isCorrected = isMoved && !config.disable_corrector.includes(index - 1);
        const sample =
          isCorrected && last !== undefined
            ? correct({ config, levels, index, values: values.values, value, last })
            : call.sample;
        values.add(value);
        // The step to the picture itself is infinitely long for the logarithm: only first order can take it.
        const isLowered = config.lower_order_final || to.lambda === Number.POSITIVE_INFINITY;
        const wanted = isLowered ? Math.min(limit, steps - index) : limit;
        const order = distinctLevels(levels, index, Math.min(wanted, known + 1));
        known = Math.min(known + 1, limit);
        last = { sample, order };
        if (to.lambda === from.lambda) return { sample: sample.slice(), denoised };
        const parts = { config, levels, index, values: values.values };
        return { sample: predict({ ...parts, sample, order }), denoised };
      });
    },
  };
};

interface UpdateParts {
  config: ResolvedScheduler;
  levels: readonly SolverLevel[];
  index: number;
  /** Newest first. */
  values: readonly Float32Array[];
}

/** Along the answers so far, from this level to the next. */
function predict({
  sample,
  order,
  ...parts
}: UpdateParts & { sample: Float32Array; order: number }): Float32Array {
  const { levels, index, values, config } = parts;
  const basis = createBasis(config, levels, { to: index + 1, from: index, order });
  const weights =
    order === 2
      ? [0.5]
      : solveLinear(
          basis.matrix.slice(0, -1).map((row) => row.slice(0, -1)),
          basis.vector.slice(0, -1),
        );
  const [newest = sample] = values;
  const slopes = basis.ratios.slice(0, -1).flatMap((ratio, age): Term[] => {
    const factor = (basis.slope * (weights[age] ?? 0)) / ratio;
    return [
      [factor, values[age + 1] ?? newest],
      [-factor, newest],
    ];
  });
  return combine([basis.sample, sample], [basis.value, newest], ...slopes);
}

/** The last step again, now with the answer at its end. */
function correct({
  value,
  last,
  ...parts
}: UpdateParts & {
  value: Float32Array;
  last: { sample: Float32Array; order: number };
}): Float32Array {
  const { config, levels, index, values } = parts;
  const basis = createBasis(config, levels, { to: index, from: index - 1, order: last.order });
  const weights = last.order === 1 ? [0.5] : solveLinear(basis.matrix, basis.vector);
  const [newest = value] = values;
  const slopes = basis.ratios.slice(0, -1).flatMap((ratio, age): Term[] => {
    const factor = (basis.slope * (weights[age] ?? 0)) / ratio;
    return [
      [factor, values[age + 1] ?? newest],
      [-factor, newest],
    ];
  });
  const end = basis.slope * (weights.at(-1) ?? 0);
  return combine(
    [basis.sample, last.sample],
    [basis.value, newest],
    [end, value],
    [-end, newest],
    ...slopes,
  );
}

interface Basis {
  sample: number;
  value: number;
  /** Of the weighted differences. */
  slope: number;
  /** Where the earlier answers lie, in steps of this length from its start; the last is its end. */
  ratios: number[];
  matrix: number[][];
  vector: number[];
}

function createBasis(
  config: ResolvedScheduler,
  levels: readonly SolverLevel[],
  { to: toIndex, from: fromIndex, order }: { to: number; from: number; order: number },
): Basis {
  const to = levels[toIndex] ?? { alpha: 1, sigma: 0, lambda: Infinity };
  const from = levels[fromIndex] ?? to;
  const h = f32(to.lambda - from.lambda);
  const ratios = Array.from({ length: order }, (_, age) =>
    age === order - 1 ? 1 : f32(f32((levels[fromIndex - age - 1]?.lambda ?? 0) - from.lambda) / h),
  );
  const hh = config.predict_x0 ? -h : h;
  const phi = f32(Math.expm1(hh));
  const b = config.solver_type === 'bh1' ? hh : phi;
  const matrix: number[][] = [];
  const vector: number[] = [];
  let factorial = 1;
  let term = f32(f32(phi / hh) - 1);
  for (let power = 0; power < order; power++) {
    matrix.push(ratios.map((ratio) => f32(ratio ** power)));
    vector.push(f32(f32(term * factorial) / b));
    factorial *= power + 2;
    term = f32(f32(term / hh) - f32(1 / factorial));
  }
  const scale = config.predict_x0 ? to.alpha : to.sigma;
  return {
    sample: config.predict_x0 ? f32(to.sigma / from.sigma) : f32(to.alpha / from.alpha),
    value: -(h === Number.POSITIVE_INFINITY && !config.predict_x0
      ? to.alpha * (from.sigma / from.alpha)
      : f32(scale * phi)),
    slope: -f32(scale * b),
    ratios,
    matrix,
    vector,
  };
}

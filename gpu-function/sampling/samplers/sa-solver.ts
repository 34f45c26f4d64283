/** SA-Solver: stochastic Adams predictor and corrector, with noise in the middle of the way. https://arxiv.org/abs/2309.05019 */
import { combine, type Term } from '../combine.ts';
import { f32 } from '../float32.ts';
import { toPreservingLevel } from '../noise-level.ts';
import type { CreateSampler, ResolvedScheduler, StepResult } from '../sampler.ts';
import { solverSchedule, toSolverLevel, type SolverLevel } from '../schedules/solver-schedule.ts';
import { trainedTable } from '../trained-table.ts';
import { unsupported } from '../unsupported.ts';
import { countCalls, createHistory } from './count-calls.ts';
import { distinctLevels } from './distinct-levels.ts';
import { adamsWeights } from './sa-solver-weights.ts';
import { toSolverValue } from './solver-settings.ts';

/** Timesteps between which noise is added, both included: the paper's choice for 1000. */
const NOISE_FROM = 200;
const NOISE_TO = 800;

export const createSaSolver: CreateSampler = (setup) => {
  const { config } = setup;
  refuseTau(config);
  const schedule = solverSchedule(setup, { end: 'repeat' });
  const { timesteps } = schedule;
  const levels = schedule.sigmas.map((sigma) => toSolverLevel(config, sigma));
  const predictsClean = config.algorithm_type !== 'noise_prediction';
  const { predictor_order: predictorOrder, corrector_order: correctorOrder } = config;
  const limit = Math.max(predictorOrder, correctorOrder - 1);
  const { alphaBars } = trainedTable(config);
  return {
    ...schedule,
    initialNoiseScale: 1,
    callsPerStep: 1,
    // This class noises pictures by the timestep, whatever the sigmas.
    noiseLevels: timesteps.map((timestep) => toPreservingLevel(alphaBars[timestep] ?? 0)),
    inputScale: () => 1,
    start(firstCall) {
      const values = createHistory(limit);
      let last: { sample: Float32Array; noise: Float32Array; order: number } | undefined;
      let known = 0;
      return countCalls(firstCall, (index, call): StepResult => {
        const from = levels[index] ?? levels[0];
        if (from === undefined) throw new RangeError(`There is no step ${index}.`);
        const { value, denoised } = toSolverValue(config, !predictsClean, from, call);
        let { sample } = call;
        if (index > 0 && last !== undefined) {
          sample = adamsStep({
            levels,
            from: index - 1,
            newest: index,
            answers: [value, ...values.values].slice(0, last.order),
            tau: tauAt(timesteps[index - 1] ?? 0),
            predictsClean,
            sample: last.sample,
            noise: last.noise,
          });
        }
        values.add(value);
        const orders = ordersAt(config, timesteps.length - index, known);
        known = Math.min(known + 1, limit);
        const noise = call.drawNoise();
        last = { sample, noise, order: orders.corrector };
        const next = adamsStep({
          levels,
          from: index,
          newest: index,
          answers: values.values.slice(0, orders.predictor),
          tau: tauAt(timesteps[index] ?? 0),
          predictsClean,
          sample,
          noise,
        });
        return { sample: next, denoised };
      });
    },
  };
};

function refuseTau({ tau_func: tau }: ResolvedScheduler): void {
  if (tau === undefined) return;
  throw unsupported(
    `The model's scheduler_config.json sets "tau_func", which is not supported; choose the sampler dpmpp-2m-sde.`,
  );
}

function tauAt(timestep: number): number {
  return timestep >= NOISE_FROM && timestep <= NOISE_TO ? 1 : 0;
}

/** Fewer answers at the beginning, and at the end where the package asks for it. */
function ordersAt(
  config: ResolvedScheduler,
  left: number,
  known: number,
): { predictor: number; corrector: number } {
  const { predictor_order: predictor, corrector_order: corrector, lower_order_final } = config;
  return {
    predictor: Math.min(predictor, known + 1, lower_order_final ? left : predictor),
    corrector: Math.min(corrector, known + 2, lower_order_final ? left + 1 : corrector),
  };
}

interface AdamsStep {
  levels: readonly SolverLevel[];
  /** The step's start; it ends at the next level. */
  from: number;
  /** The level of the newest answer: the start, or the end when the step is corrected. */
  newest: number;
  /** Newest first. */
  answers: readonly Float32Array[];
  tau: number;
  predictsClean: boolean;
  sample: Float32Array;
  noise: Float32Array;
}

function adamsStep(step: AdamsStep): Float32Array {
  const { levels, tau, predictsClean, sample, noise } = step;
  const answers = step.answers.slice(0, distinctLevels(levels, step.newest, step.answers.length));
  const from = levels[step.from];
  const to = levels[step.from + 1];
  if (from === undefined || to === undefined)
    throw new RangeError(`There is no step ${step.from}.`);
  const h = f32(to.lambda - from.lambda);
  const weights = adamsWeights({
    start: from.lambda,
    end: to.lambda,
    lambdas: answers.map((_, age) => levels[step.newest - age]?.lambda ?? 0),
    tau,
    predictsClean,
  });
  if (predictsClean && answers.length === 2) sharpen(weights, step, { from, to, h });
  const scale = predictsClean
    ? f32(f32((1 + tau ** 2) * to.sigma) * f32(Math.exp(f32(-(tau ** 2) * to.lambda))))
    : -f32((1 + tau ** 2) * to.alpha);
  const terms = answers.map((answer, age): Term => [f32(scale * (weights[age] ?? 0)), answer]);
  if (!predictsClean) {
    const spread = f32(f32(tau * to.sigma) * f32(Math.sqrt(f32(f32(Math.exp(2 * h)) - 1))));
    return combine([f32(to.alpha / from.alpha), sample], [spread, noise], ...terms);
  }
  const spread = f32(to.sigma * f32(Math.sqrt(f32(1 - f32(Math.exp(f32(-2 * tau ** 2 * h)))))));
  const kept = f32(f32(Math.exp(f32(-(tau ** 2) * h))) * f32(to.sigma / from.sigma));
  return combine([kept, sample], [spread, noise], ...terms);
}

/** The paper's second-order steps are a little other than the integral: appendix of the reference's own method. */
function sharpen(
  weights: number[],
  { levels, from: index, newest, tau }: AdamsStep,
  { from, to, h }: { from: SolverLevel; to: SolverLevel; h: number },
): void {
  const factor = 1 + tau ** 2;
  const rest = f32(f32(f32(h * factor) - 1) + f32(Math.exp(f32(factor * -h))));
  const growth = f32(Math.exp(f32(factor * to.lambda)));
  const isPredictor = newest === index;
  const gap = isPredictor ? f32(from.lambda - (levels[index - 1]?.lambda ?? 0)) : 1;
  const inner = isPredictor
    ? f32(f32(f32(h * h) / 2) - f32(rest / factor ** 2))
    : f32(f32(h / 2) - f32(rest / f32(factor ** 2 * h)));
  const change = f32(f32(growth * inner) / gap);
  weights[0] = f32((weights[0] ?? 0) + change);
  weights[1] = f32((weights[1] ?? 0) - change);
}

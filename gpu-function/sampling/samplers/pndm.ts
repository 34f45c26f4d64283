/** Pseudo linear multistep (PLMS), after Runge-Kutta steps where the package asks for them. https://arxiv.org/abs/2202.09778 */
import { combine, type Term } from '../combine.ts';
import { toClean, toNoise } from '../convert-output.ts';
import { CLEAN_LEVEL, toPreservingLevel } from '../noise-level.ts';
import type { CreateSampler, ResolvedScheduler, StepCall, StepResult } from '../sampler.ts';
import { wholeTimesteps } from '../schedules/trained-schedule.ts';
import { trainedTable } from '../trained-table.ts';
import { unsupported } from '../unsupported.ts';
import { countCalls } from './count-calls.ts';

/** Calls of one Runge-Kutta step, and how many of the steps are made so. */
const RUNGE_KUTTA_CALLS = 4;
const RUNGE_KUTTA_STEPS = 3;

export const createPndm: CreateSampler = ({ config, request }) => {
  const stride = Math.floor(config.num_train_timesteps / request.steps);
  const { timesteps, warmUp } = pndmTimesteps(config, wholeTimesteps(config, request), stride);
  const { alphaBars } = trainedTable(config);
  const move = createMove(config, alphaBars);
  const noiseLevels = timesteps.map((timestep) => toPreservingLevel(alphaBars[timestep] ?? 0));
  return {
    timesteps,
    initialNoiseScale: 1,
    callsPerStep: 1,
    noiseLevels,
    inputScale: () => 1,
    countSteps: (calls) => countPndmSteps(calls, warmUp.length),
    start(firstCall) {
      const run = createPndmRun({ timesteps, warmUp, stride, firstCall, move });
      return countCalls(firstCall, (index, call) => ({
        ...run.step(call),
        denoised: toClean(config.prediction_type, noiseLevels[index] ?? CLEAN_LEVEL, call),
      }));
    },
  };
};

function countPndmSteps(calls: number, warmUpCalls: number): number {
  if (warmUpCalls === 0) return Math.max(calls - 1, 1);
  const slow = Math.min(calls, warmUpCalls);
  return Math.ceil(slow / RUNGE_KUTTA_CALLS) + calls - slow;
}

/** Multistep asks twice at the second timestep; Runge-Kutta four times for each of its steps. */
function pndmTimesteps(
  config: ResolvedScheduler,
  descending: readonly number[],
  stride: number,
): { timesteps: number[]; warmUp: readonly number[] } {
  if (!config.skip_prk_steps && descending.length < RUNGE_KUTTA_CALLS) {
    throw unsupported(
      `PNDM with the Runge-Kutta steps of this model takes at least ${RUNGE_KUTTA_CALLS} steps, not ${descending.length}; ask for more, or choose the sampler ddim.`,
    );
  }
  if (config.skip_prk_steps) {
    return {
      timesteps: [...descending.slice(0, 2), ...descending.slice(1)],
      warmUp: [],
    };
  }
  const middle = Math.floor(stride / 2);
  const pairs = descending
    .slice(0, RUNGE_KUTTA_CALLS)
    .toReversed()
    .flatMap((timestep) => [timestep, timestep + middle]);
  const warmUp = pairs
    .slice(0, -1)
    .flatMap((timestep) => [timestep, timestep])
    .slice(1, -1)
    .toReversed();
  return { timesteps: [...warmUp, ...descending.slice(RUNGE_KUTTA_STEPS)], warmUp };
}

/** Equation 9: along a noise that is held still, from one trained level to another. */
type Move = (move: {
  sample: Float32Array;
  from: number;
  to: number;
  noise: readonly [Term, ...Term[]];
}) => Float32Array;

function createMove(config: ResolvedScheduler, alphaBars: Float64Array): Move {
  const endBar = config.set_alpha_to_one ? 1 : (alphaBars[0] ?? 1);
  return ({ sample, from, to, noise }) => {
    const fromBar = alphaBars[from] ?? Number.NaN;
    const toBar = to >= 0 ? (alphaBars[to] ?? Number.NaN) : endBar;
    const held = toNoise(config.prediction_type, toPreservingLevel(fromBar), {
      output: combine(...noise),
      sample,
    });
    const divisor = fromBar * Math.sqrt(1 - toBar) + Math.sqrt(fromBar * (1 - fromBar) * toBar);
    return combine([Math.sqrt(toBar / fromBar), sample], [-(toBar - fromBar) / divisor, held]);
  };
}

interface RunParts {
  timesteps: readonly number[];
  warmUp: readonly number[];
  stride: number;
  firstCall: number;
  move: Move;
}

function createPndmRun(parts: RunParts): { step(call: StepCall): Omit<StepResult, 'denoised'> } {
  const { timesteps, warmUp, stride, firstCall, move } = parts;
  const outputs: Float32Array[] = [];
  let mixed: Term[] = [];
  let held: Float32Array | undefined;
  let counter = 0;

  /** Weights 1/6, 1/3, 1/3, 1/6 over the four calls of a step. */
  function rungeKutta({ output, sample }: StepCall, timestep: number): Float32Array {
    const phase = counter % RUNGE_KUTTA_CALLS;
    const to = timestep - (counter % 2 === 1 ? 0 : Math.floor(stride / 2));
    const from = warmUp[counter - phase] ?? timestep;
    if (phase === 0) {
      outputs.unshift(output.slice());
      held = sample;
    }
    const isLast = phase === RUNGE_KUTTA_CALLS - 1;
    const weight = phase === 0 || isLast ? 1 / 6 : 1 / 3;
    mixed.push([weight, output.slice()]);
    const noise: readonly Term[] = isLast ? mixed : [[1, output]];
    if (isLast) mixed = [];
    const [first = [1, output], ...rest] = noise;
    // A step ends where its second half ends, not in its middle.
    return move({ sample: held ?? sample, from, to, noise: [first, ...rest] });
  }

  function multistep({ output, sample }: StepCall, timestep: number): Float32Array {
    if (counter !== 1) {
      outputs.unshift(output.slice());
      outputs.splice(4);
    }
    const from = counter === 1 ? timestep + stride : timestep;
    const [first, second, third, fourth] = outputs;
    if (first === undefined || counter === 0) {
      held = sample;
      return move({ sample, from, to: from - stride, noise: [[1, output]] });
    }
    if (second === undefined) {
      const noise = [
        [0.5, output],
        [0.5, first],
      ] as const;
      return move({ sample: held ?? sample, from, to: from - stride, noise });
    }
    return move({
      sample,
      from,
      to: from - stride,
      noise: adamsNoise(first, second, third, fourth),
    });
  }

  return {
    step(call) {
      const timestep = timesteps[firstCall + counter] ?? 0;
      const isWarmUp = counter < warmUp.length;
      const sample = isWarmUp ? rungeKutta(call, timestep) : multistep(call, timestep);
      const isUnfinished = isWarmUp
        ? counter % RUNGE_KUTTA_CALLS < RUNGE_KUTTA_CALLS - 1
        : counter === 0 && firstCall + 1 < timesteps.length;
      counter++;
      return { sample, isUnfinished };
    },
  };
}

/** Adams-Bashforth of second to fourth order. */
function adamsNoise(
  first: Float32Array,
  second: Float32Array,
  third: Float32Array | undefined,
  fourth: Float32Array | undefined,
): readonly [Term, ...Term[]] {
  if (third === undefined)
    return [
      [3 / 2, first],
      [-1 / 2, second],
    ];
  if (fourth === undefined)
    return [
      [23 / 12, first],
      [-16 / 12, second],
      [5 / 12, third],
    ];
  return [
    [55 / 24, first],
    [-59 / 24, second],
    [37 / 24, third],
    [-9 / 24, fourth],
  ];
}

/** schedulers: tables, noising, scaling, velocity and whole sampling loops of one configuration each. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { toAlphaBars, toBetas } from '../../gpu-function/sampling/beta-schedule.ts';
import { addNoise, toVelocity } from '../../gpu-function/sampling/forward-process.ts';
import { networkInputScale } from '../../gpu-function/sampling/noise-level.ts';
import type { CaseResult } from './case-result.ts';
import { createComparison, largestMagnitude } from './comparison.ts';
import { readReference } from './reference-file.ts';
import { referenceNoise } from './reference-noise.ts';
import { toReferenceScheduler, toReferenceTable, type BuiltScheduler } from './scheduler-case.ts';
import { schedulerCaseSchema, type SchedulerCase } from './scheduler-case-schema.ts';
import { checkSchedulerLoop } from './scheduler-loop.ts';
import { checkTimestepsTable, timestepTolerance } from './timesteps-table.ts';

/** A few float32 roundings, at the size of the values: the reference rounds after every operation. */
const RELATIVE_TOLERANCE = 1e-6;

export async function* checkSchedulers(folder: string): AsyncGenerator<CaseResult> {
  const files = await readdir(folder, { recursive: true });
  for (const file of files.filter((path) => path.endsWith('.json')).sort()) {
    if (file === 'timesteps_table.json') yield* checkTimestepsTable(folder);
    else if (file !== 'index.json') yield* checkCase(join(folder, file));
  }
}

async function* checkCase(path: string): AsyncGenerator<CaseResult> {
  const reference = await readReference(path, schedulerCaseSchema);
  const name = `schedulers ${reference.name}`;
  const { num_inference_steps: stepCount, ...unknownArguments } = reference.set_timesteps;
  const [unknown] = Object.keys(unknownArguments);
  const scheduler = toReferenceScheduler(reference.scheduler, reference.config);
  if (!scheduler.isSupported) {
    yield { kind: 'unsupported', name, reason: scheduler.reason };
    return;
  }
  if (stepCount === undefined || unknown !== undefined) {
    const reason = `set_timesteps with ${unknown ?? 'no number of steps'} is not built`;
    yield { kind: 'unsupported', name, reason };
    return;
  }
  yield checkDefaults(name, reference, scheduler);
  yield* checkTables(name, reference, { scheduler, stepCount });
  for (const loop of reference.loops) {
    yield await checkSchedulerLoop(name, { loop, scheduler, stepCount });
  }
}

/** Our own defaults against the class's: 0 or 1 wrong keys would change other tables too, but not always. */
function checkDefaults(
  name: string,
  reference: SchedulerCase,
  { config }: BuiltScheduler,
): CaseResult {
  const resolved = new Map(Object.entries(reference.resolved_config));
  const wrong = Object.entries(config).filter(
    ([key, value]) =>
      value !== undefined && resolved.get(key) !== undefined && resolved.get(key) !== value,
  );
  if (wrong.length === 0) {
    return { kind: 'compared', name: `${name} defaults`, maxAbsoluteError: 0, tolerance: 0 };
  }
  const reason = wrong.map(([key, value]) => `${key} is ${String(value)}`).join(', ');
  return { kind: 'broken', name: `${name} defaults`, reason };
}

function* checkTables(
  name: string,
  reference: SchedulerCase,
  { scheduler, stepCount }: { scheduler: BuiltScheduler; stepCount: number },
): Generator<CaseResult> {
  const { steps, initialNoiseScale } = toReferenceTable(scheduler, stepCount);
  const timesteps = createComparison();
  const tolerance = timestepTolerance(reference.timesteps_dtype);
  timesteps.add(
    steps.map((step) => step.from.timestep),
    reference.timesteps,
    tolerance,
  );
  yield timesteps.toResult(`${name} timesteps`);
  const levels = createComparison();
  levels.add([initialNoiseScale], [reference.init_noise_sigma], relative([initialNoiseScale]));
  if (reference.sigmas !== undefined) {
    const ratios = [
      ...steps.map((step) => step.from),
      ...steps.slice(-1).map((step) => step.to),
    ].map(({ alpha, sigma }) => sigma / alpha);
    for (const [index, expected] of reference.sigmas.entries()) {
      levels.add([ratios[index] ?? Number.NaN], [expected], relative([expected]));
    }
    levels.add([ratios.length], [reference.sigmas.length], 0);
  }
  const betas = toBetas(scheduler.config);
  addPicked(levels, betas, reference.betas);
  const alphaBars = toAlphaBars(betas);
  // Euler and DPM++ keep the end of a schedule with zero terminal SNR off zero, in the levels alone.
  addPicked(levels, alphaBars, reference.alphas_cumprod);
  if (reference.final_alpha_cumprod !== undefined) {
    const final = scheduler.config.set_alpha_to_one ? 1 : (alphaBars[0] ?? 0);
    levels.add([final], [reference.final_alpha_cumprod], RELATIVE_TOLERANCE);
  }
  yield levels.toResult(`${name} levels`);
  yield checkFormulas(name, reference, steps);
}

function addPicked(
  comparison: ReturnType<typeof createComparison>,
  table: Float64Array,
  picked: Record<string, number>,
): void {
  for (const [index, expected] of Object.entries(picked)) {
    comparison.add([table[Number(index)] ?? Number.NaN], [expected], RELATIVE_TOLERANCE);
  }
}

/** add_noise, scale_model_input and get_velocity. */
function checkFormulas(
  name: string,
  reference: SchedulerCase,
  steps: ReturnType<typeof toReferenceTable>['steps'],
): CaseResult {
  const comparison = createComparison();
  const levelAt = (position: number) => {
    const step = steps[position];
    if (step === undefined) throw new Error(`There is no timestep at position ${position}.`);
    return step.from;
  };
  for (const { timestep_position: position, result } of reference.add_noise) {
    const actual = addNoise(
      referenceNoise(7, result.length),
      referenceNoise(8, result.length),
      levelAt(position),
    );
    comparison.add(actual, result, relative(result));
  }
  for (const { timestep_position: position, first8 } of reference.scale_model_input) {
    const scale = networkInputScale(levelAt(position));
    const actual = referenceNoise(42, first8.length).map((value) => value * scale);
    comparison.add(actual, first8, relative(first8));
  }
  if (reference.get_velocity !== undefined) {
    const { t, result_first16: expected } = reference.get_velocity;
    const position = steps.findIndex((step) => step.from.timestep === t);
    const actual = toVelocity(
      referenceNoise(7, expected.length),
      referenceNoise(8, expected.length),
      levelAt(position),
    );
    comparison.add(actual, expected, relative(expected));
  }
  return comparison.toResult(`${name} formulas`);
}

function relative(expected: ArrayLike<number>): number {
  return RELATIVE_TOLERANCE * largestMagnitude(expected);
}

/** The tables of one scheduler case, and the formulas that read single rows of them. */
import { toAlphaBars, toBetas } from '../../gpu-function/sampling/beta-schedule.ts';
import { addNoise, toVelocity } from '../../gpu-function/sampling/forward-process.ts';
import { toPreservingLevel } from '../../gpu-function/sampling/noise-level.ts';
import { resolveScheduler } from '../../gpu-function/sampling/resolve-scheduler.ts';
import type { Sampler } from '../../gpu-function/sampling/sampler.ts';
import type { CaseResult } from './case-result.ts';
import { createComparison, largestMagnitude } from './comparison.ts';
import { referenceNoise } from './reference-noise.ts';
import { indexOfTimestep, type BuiltScheduler } from './scheduler-case.ts';
import type { SchedulerCase } from './scheduler-case-schema.ts';
import { timestepTolerance } from './timesteps-table.ts';

/** A few float32 roundings, at the size of the values: the reference rounds after every operation. */
const RELATIVE_TOLERANCE = 1e-6;
/** The reference changes this argument itself where the steps do not fit. */
const REGISTERED_LATER = 'lower_order_final';

export interface TableCase {
  reference: SchedulerCase;
  scheduler: BuiltScheduler;
  sampler: Sampler;
}

/** Our own defaults against the class's: 0 or 1 wrong keys would change other tables too, but not always. */
export function checkDefaults(name: string, { reference, scheduler }: TableCase): CaseResult {
  const ours = new Map(
    Object.entries(resolveScheduler(scheduler.config, scheduler.sampler, scheduler.spacing)),
  );
  const wrong = Object.entries(reference.resolved_config).filter(([key, value]) => {
    if (value === null || Object.hasOwn(reference.config, key) || !ours.has(key)) return false;
    const isLate = key === REGISTERED_LATER && scheduler.sampler === 'dpmpp-singlestep';
    return !isLate && show(ours.get(key)) !== show(value);
  });
  if (wrong.length === 0) {
    return { kind: 'compared', name: `${name} defaults`, maxAbsoluteError: 0, tolerance: 0 };
  }
  const reason = wrong
    .map(([key, value]) => `${key} is ${show(ours.get(key))}, not ${show(value)}`)
    .join(', ');
  return { kind: 'broken', name: `${name} defaults`, reason };
}

/** Infinities stand as text in the file. */
function show(value: unknown): string {
  return typeof value === 'number' || typeof value === 'string'
    ? String(value)
    : JSON.stringify(value);
}

export function* checkTables(name: string, table: TableCase): Generator<CaseResult> {
  const { reference, sampler } = table;
  const timesteps = createComparison();
  timesteps.add(
    sampler.timesteps,
    reference.timesteps,
    timestepTolerance(reference.timesteps_dtype),
  );
  if (reference.order) timesteps.add([sampler.callsPerStep], [reference.order], 0);
  yield timesteps.toResult(`${name} timesteps`);
  yield checkLevels(name, table);
}

function checkLevels(name: string, { reference, scheduler, sampler }: TableCase): CaseResult {
  const levels = createComparison();
  if (reference.init_noise_sigma !== undefined && reference.init_noise_sigma !== null) {
    const scale = [sampler.initialNoiseScale];
    levels.add(scale, [reference.init_noise_sigma], relative(scale));
  }
  if (reference.sigmas && sampler.sigmas !== undefined) {
    for (const [index, expected] of reference.sigmas.entries()) {
      levels.add([sampler.sigmas[index] ?? Number.NaN], [expected], relative([expected]));
    }
    levels.add([sampler.sigmas.length], [reference.sigmas.length], 0);
  }
  const config = resolveScheduler(scheduler.config, scheduler.sampler, scheduler.spacing);
  const isCircle = scheduler.sampler === 'ipndm';
  const betas = isCircle
    ? Float64Array.from([...sampler.noiseLevels, { sigma: 0 }], ({ sigma }) => sigma)
    : toBetas(config);
  const alphaBars = toAlphaBars(betas);
  addPicked(levels, betas, reference.betas);
  // Euler and DPM++ keep the end of a schedule with zero terminal SNR off zero, in the levels alone.
  if (!isCircle) addPicked(levels, alphaBars, reference.alphas_cumprod);
  if (reference.final_alpha_cumprod !== undefined && reference.final_alpha_cumprod !== null) {
    const final = config.set_alpha_to_one ? 1 : (alphaBars[0] ?? 0);
    levels.add([final], [reference.final_alpha_cumprod], RELATIVE_TOLERANCE);
  }
  // The timesteps were compared before: a class without any of these has nothing more to say.
  levels.add([sampler.timesteps.length], [reference.timesteps.length], 0);
  return levels.toResult(`${name} levels`);
}

function addPicked(
  comparison: ReturnType<typeof createComparison>,
  table: Float64Array,
  picked: Record<string, number>,
): void {
  for (const [index, expected] of Object.entries(picked)) {
    comparison.add([table.at(Number(index)) ?? Number.NaN], [expected], RELATIVE_TOLERANCE);
  }
}

/** add_noise (scale_noise in flow matching), scale_model_input and get_velocity, each on a scheduler that was told nothing. */
export function checkFormulas(
  name: string,
  { reference, scheduler, sampler }: TableCase,
): CaseResult {
  const comparison = createComparison();
  const noised = [...(reference.add_noise ?? []), ...(reference.scale_noise ?? [])];
  for (const { timestep_position: position, result } of noised) {
    const level = sampler.noiseLevels[indexOfTimestep(sampler, position)];
    if (level === undefined) throw new RangeError(`There is no timestep at position ${position}.`);
    const actual = addNoise(
      referenceNoise(7, result.length),
      referenceNoise(8, result.length),
      level,
    );
    comparison.add(actual, result, relative(result));
  }
  for (const { timestep_position: position, first8 } of reference.scale_model_input ?? []) {
    const scale = sampler.inputScale(indexOfTimestep(sampler, position), true);
    const actual = referenceNoise(42, first8.length).map((value) => value * scale);
    comparison.add(actual, first8, relative(first8));
  }
  if (reference.get_velocity) {
    const { t, result_first16: expected } = reference.get_velocity;
    const config = resolveScheduler(scheduler.config, scheduler.sampler, scheduler.spacing);
    const alphaBars = toAlphaBars(toBetas(config));
    // Classes with sigmas look their table up by the place in the list, not by the timestep.
    const place = indexOfTimestep(sampler, sampler.timesteps.indexOf(t));
    const level = toPreservingLevel(alphaBars[sampler.sigmas === undefined ? t : place] ?? NaN);
    const actual = toVelocity(
      referenceNoise(7, expected.length),
      referenceNoise(8, expected.length),
      level,
    );
    comparison.add(actual, expected, relative(expected));
  }
  return comparison.toResult(`${name} formulas`);
}

function relative(expected: ArrayLike<number>): number {
  return RELATIVE_TOLERANCE * largestMagnitude(expected);
}

/** One sampling loop of a scheduler case, from noise or from a noised picture. */
import { addNoise } from '../../gpu-function/sampling/forward-process.ts';
import type { Sampler, ScheduleRequest } from '../../gpu-function/sampling/sampler.ts';
import type { CaseResult } from './case-result.ts';
import { createComparison, largestMagnitude } from './comparison.ts';
import { publishedTestModel, publishedTestSample, referenceNoise } from './reference-noise.ts';
import { replayLoop, type LoopRecord } from './replay-loop.ts';
import {
  readArguments,
  stepKwargsSchema,
  toReferenceSampler,
  toSamplerOptions,
  type BuiltScheduler,
} from './scheduler-case.ts';
import type { SchedulerLoop } from './scheduler-case-schema.ts';
import { timestepTolerance } from './timesteps-table.ts';

export interface LoopCase {
  loop: SchedulerLoop;
  scheduler: BuiltScheduler;
  request: ScheduleRequest;
}

export async function checkSchedulerLoop(name: string, loopCase: LoopCase): Promise<CaseResult> {
  const { loop, scheduler, request } = loopCase;
  const given = readArguments(stepKwargsSchema, loop.step_kwargs);
  if ('unknown' in given) {
    return { kind: 'unsupported', name, reason: `step with ${given.unknown} is not built` };
  }
  const sampler = toReferenceSampler(scheduler, request, toSamplerOptions(given.known));
  const record = replay(loop, sampler, request.timesteps?.length ?? request.steps);
  if (record.draws !== loop.noise_draws.length) {
    const reason = `${record.draws} draws of noise instead of ${loop.noise_draws.length}`;
    return { kind: 'broken', name, reason };
  }
  return compare(loop, record).toResult(name);
}

function replay(loop: SchedulerLoop, sampler: Sampler, steps: number): LoopRecord {
  const length = loop.shape.reduce((product, side) => product * side, 1);
  const firstCall = firstCallOf(loop, sampler, steps);
  const draws = [...loop.noise_draws];
  return replayLoop({
    sampler,
    firstCall,
    start: toStart(loop, sampler, { firstCall, length }),
    pictures: loop.shape[0] ?? 1,
    callNetwork: (sample, timestep, call) =>
      loop.model === 'dummy'
        ? publishedTestModel(sample, timestep)
        : referenceNoise(5_000 + call, length),
    drawNoise: (call) => {
      const next = draws.findIndex((draw) => draw.step_call === call);
      const [draw] = draws.splice(Math.max(next, 0), 1);
      return referenceNoise(draw?.seed ?? Number.NaN, length);
    },
  });
}

/** The step that is said, or the last int(steps · strength) steps. */
function firstCallOf(loop: SchedulerLoop, sampler: Sampler, steps: number): number {
  if (loop.mode === 'from_noise') return 0;
  const { strength = 1 } = loop;
  const start = loop.t_start ?? steps - Math.min(Math.trunc(steps * strength), steps);
  return start * sampler.callsPerStep;
}

function toStart(
  loop: SchedulerLoop,
  sampler: Sampler,
  { firstCall, length }: { firstCall: number; length: number },
): Float32Array {
  if (loop.mode === 'from_noised_image') {
    const level = sampler.noiseLevels[firstCall];
    if (level === undefined) throw new RangeError(`There is no call ${firstCall}.`);
    return addNoise(referenceNoise(7, length), referenceNoise(8, length), level);
  }
  const unit = loop.model === 'dummy' ? publishedTestSample(false) : referenceNoise(42, length);
  return unit.map((value) => value * sampler.initialNoiseScale);
}

/**
 * Four times what the reference differs from itself in float64, plus 1e-6 of the largest value: of the output as the
 * reference advises, or of the values compared where the loop's beginning is larger than its end.
 */
function compare(loop: SchedulerLoop, record: LoopRecord) {
  const comparison = createComparison();
  const allowed = (values: ArrayLike<number>) =>
    4 * loop.float64_input_max_abs_diff +
    1e-6 * Math.max(loop.output_max_abs, largestMagnitude(values));
  const add = (
    actual: ArrayLike<number> | undefined,
    expected: readonly number[] | null | undefined,
  ) => {
    if (expected) comparison.add(actual ?? [], expected, allowed(expected));
  };
  add(record.start, loop.noised_start);
  comparison.add([record.calls.length], [lastCall(loop)], 0);
  for (const { k, t, prev_sample: expected, sum_abs: sumAbs } of loop.steps) {
    const { timestep, latents } = record.calls[k] ?? { timestep: NaN, latents: new Float32Array() };
    comparison.add([timestep], [t], timestepTolerance('float32'));
    add(latents, expected);
    if (sumAbs !== undefined) {
      comparison.add([sumOfMagnitudes(latents)], [sumAbs], latents.length * allowed(latents));
    }
  }
  add(record.final, loop.final);
  add(
    record.final.filter((_, index) => index % 6 === 0),
    loop.final_every_6th_value,
  );
  add(record.calls[0]?.denoised, loop.pred_original_sample_first_step);
  add(record.calls.at(-1)?.denoised, loop.pred_original_sample_last_step);
  return comparison;
}

/** Long runs keep only some of the steps, the last one always. */
function lastCall(loop: SchedulerLoop): number {
  return Math.max(...loop.steps.map((step) => step.k)) + 1;
}

export function sumOfMagnitudes(values: Float32Array): number {
  return values.reduce((sum, value) => sum + Math.abs(value), 0);
}

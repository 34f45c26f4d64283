/** One sampling loop of a scheduler case, from noise or from a noised picture. */
import { addNoise } from '../../gpu-function/sampling/forward-process.ts';
import type { SamplingPlan } from '../../gpu-function/sampling/sampling-plan.ts';
import type { CaseResult } from './case-result.ts';
import { createComparison, largestMagnitude } from './comparison.ts';
import { publishedTestModel, publishedTestSample, referenceNoise } from './reference-noise.ts';
import { replayLoop, type LoopRecord } from './replay-loop.ts';
import type { BuiltScheduler } from './scheduler-case.ts';
import type { SchedulerLoop } from './scheduler-case-schema.ts';
import { timestepTolerance } from './timesteps-table.ts';

export interface LoopCase {
  loop: SchedulerLoop;
  scheduler: BuiltScheduler;
  stepCount: number;
}

export async function checkSchedulerLoop(name: string, loopCase: LoopCase): Promise<CaseResult> {
  const { loop } = loopCase;
  const caseName = `${name} ${loop.model}:${loop.mode}`;
  const { eta: _eta, ...unknownArguments } = loop.step_kwargs;
  const [unknown] = Object.keys(unknownArguments);
  if (unknown !== undefined) {
    return { kind: 'unsupported', name: caseName, reason: `step with ${unknown} is not built` };
  }
  const record = await replay(loopCase);
  if (record.draws !== loop.noise_draws.length) {
    const reason = `${record.draws} draws of noise instead of ${loop.noise_draws.length}`;
    return { kind: 'broken', name: caseName, reason };
  }
  return compare(loop, record).toResult(caseName);
}

function replay({ loop, scheduler, stepCount }: LoopCase): Promise<LoopRecord> {
  const length = loop.shape.reduce((product, side) => product * side, 1);
  return replayLoop({
    request: {
      ...scheduler,
      scheduler: scheduler.config,
      steps: stepCount,
      eta: loop.step_kwargs.eta,
      strength: loop.mode === 'from_noised_image' ? loop.strength : undefined,
    },
    toStart: (plan) => toStart(loop, plan, length),
    callNetwork: (sample, timestep, call) =>
      loop.model === 'dummy'
        ? publishedTestModel(sample, timestep)
        : referenceNoise(5_000 + call, length),
    drawNoise: (draw) => referenceNoise(loop.noise_draws[draw]?.seed ?? Number.NaN, length),
  });
}

function toStart(loop: SchedulerLoop, plan: SamplingPlan, length: number): Float32Array {
  if (loop.mode === 'from_noised_image') {
    return addNoise(referenceNoise(7, length), referenceNoise(8, length), plan.startLevel);
  }
  const unit = loop.model === 'dummy' ? publishedTestSample(false) : referenceNoise(42, length);
  return unit.map((value) => value * plan.initialNoiseScale);
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
  const add = (actual: ArrayLike<number> | undefined, expected: readonly number[] | undefined) => {
    if (expected !== undefined) comparison.add(actual ?? [], expected, allowed(expected));
  };
  add(record.start, loop.noised_start);
  const timestepError = timestepTolerance('float32');
  comparison.add([record.steps.length], [lastCall(loop)], 0);
  for (const { k, t, prev_sample: expected, sum_abs: sumAbs } of loop.steps) {
    const latents = record.steps[k]?.latents ?? new Float32Array();
    comparison.add([record.plan.timesteps[k] ?? Number.NaN], [t], timestepError);
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
  add(record.steps[0]?.denoised, loop.pred_original_sample_first_step);
  add(record.steps.at(-1)?.denoised, loop.pred_original_sample_last_step);
  return comparison;
}

/** Long runs keep only some of the steps, the last one always. */
function lastCall(loop: SchedulerLoop): number {
  return Math.max(...loop.steps.map((step) => step.k)) + 1;
}

export function sumOfMagnitudes(values: Float32Array): number {
  return values.reduce((sum, value) => sum + Math.abs(value), 0);
}

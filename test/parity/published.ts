/** published: full loops of diffusers' own test-suite with the sums that stand there, and a few facts. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import type { CaseResult } from './case-result.ts';
import { createComparison, largestMagnitude } from './comparison.ts';
import { checkPublishedFacts } from './published-facts.ts';
import { replayPublishedLoop } from './published-loop.ts';
import { readFloat32Npy } from './read-npy.ts';
import { numbersSchema, readReference } from './reference-file.ts';
import type { LoopRecord } from './replay-loop.ts';
import {
  readArguments,
  setTimestepsSchema,
  stepKwargsSchema,
  toReferenceSampler,
  toReferenceScheduler,
  toSamplerOptions,
  toScheduleRequest,
} from './scheduler-case.ts';
import type { Sampler } from '../../gpu-function/sampling/sampler.ts';
import { sumOfMagnitudes } from './scheduler-loop.ts';
import { timestepTolerance } from './timesteps-table.ts';

/** For PNDM the tests call both methods themselves, in the order in which `step` would. */
const STEP_METHODS: readonly unknown[] = ['step', 'step_prk', 'step_plms'];

const testSchema = z.object({
  test: z.string(),
  scheduler: z.string(),
  config: z.record(z.string(), z.unknown()),
  set_timesteps: z.unknown().optional(),
  timesteps_iterated: numbersSchema,
  step_kwargs: z.unknown().optional(),
  add_noise: z.array(z.object({ t: numbersSchema })).nullish(),
  model_output_is_dummy_of_scaled_sample: z.boolean().nullish(),
  step_methods: z.unknown().optional(),
  first_sample_first8: numbersSchema.nullish(),
  final_sample: numbersSchema,
  noise_file: z.string().nullish(),
  noise_draw_at_step_call: z.array(z.number()).nullish(),
  asserts: z.array(z.object({ what: z.string(), expected: z.number(), tolerance: z.number() })),
});
type PublishedTest = z.infer<typeof testSchema>;

export async function* checkPublished(folder: string): AsyncGenerator<CaseResult> {
  if (existsSync(join(folder, 'full_loop_tests.json'))) {
    const tests = await readReference(join(folder, 'full_loop_tests.json'), z.array(z.unknown()));
    for (const [index, test] of tests.entries()) yield await checkTest(folder, test, index);
  }
  if (existsSync(join(folder, 'other_facts.json'))) yield* checkPublishedFacts(folder);
}

async function checkTest(folder: string, given: unknown, index: number): Promise<CaseResult> {
  const parsed = testSchema.safeParse(given);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const reason = `${issue?.path.join('.') ?? ''} ${issue?.message ?? 'is not readable'}`;
    return { kind: 'broken', name: `published test ${index}`, reason };
  }
  const test = parsed.data;
  const name = `published ${test.test}`;
  const scheduler = toReferenceScheduler(test.scheduler, test.config);
  if (!scheduler.isSupported) return { kind: 'unsupported', name, reason: scheduler.reason };
  const set = readArguments(setTimestepsSchema, test.set_timesteps);
  const step = readArguments(stepKwargsSchema, test.step_kwargs);
  if ('unknown' in set || 'unknown' in step) {
    const argument = 'unknown' in set ? set.unknown : 'unknown' in step ? step.unknown : '';
    return { kind: 'unsupported', name, reason: `the argument ${argument} is not built` };
  }
  const methods = [test.step_methods ?? []].flat(2);
  const unknownMethod = methods.find((method) => !STEP_METHODS.includes(method));
  if (unknownMethod !== undefined) {
    return {
      kind: 'unsupported',
      name,
      reason: `the method ${JSON.stringify(unknownMethod)} is not built`,
    };
  }
  const sampler = toReferenceSampler(
    scheduler,
    toScheduleRequest(scheduler, set.known),
    toSamplerOptions(step.known),
  );
  return compare(name, test, await replayTest(folder, test, sampler));
}

function compare(name: string, test: PublishedTest, record: LoopRecord): CaseResult {
  const comparison = createComparison();
  comparison.add(
    record.calls.map(({ timestep }) => timestep),
    test.timesteps_iterated,
    timestepTolerance('float32'),
  );
  if (test.first_sample_first8) {
    const first = record.start.subarray(0, test.first_sample_first8.length);
    comparison.add(first, test.first_sample_first8, finalTolerance(record));
  }
  comparison.add(record.final, test.final_sample, finalTolerance(record));
  const sum = sumOfMagnitudes(record.final);
  const figures: Record<string, number> = {
    'result_sum.item()': sum,
    'result_mean.item()': sum / record.final.length,
  };
  for (const { what, expected, tolerance } of test.asserts) {
    const kind = what.includes('mean') ? 'result_mean.item()' : 'result_sum.item()';
    comparison.add([figures[what] ?? figures[kind] ?? Number.NaN], [expected], tolerance);
  }
  return comparison.toResult(name);
}

/** Every step may round once at the size of the largest sample in the loop, in the reference as here. */
function finalTolerance({ start, final, calls }: LoopRecord): number {
  const samples = [start, final, ...calls.map(({ latents }) => latents)];
  const largest = largestMagnitude(samples.map(largestMagnitude));
  return 1e-6 * largestMagnitude(final) + calls.length * 2 ** -24 * largest;
}

async function replayTest(
  folder: string,
  test: PublishedTest,
  sampler: Sampler,
): Promise<LoopRecord> {
  const noise = test.noise_file ? await readFloat32Npy(join(folder, test.noise_file)) : undefined;
  const { length } = test.final_sample;
  const places = [...(test.noise_draw_at_step_call ?? [])];
  let drawn = 0;
  return replayPublishedLoop({
    sampler,
    noisedCalls: test.add_noise ? test.timesteps_iterated.length : undefined,
    length,
    scaling: scalingOf(test),
    drawNoise: (call) => {
      // Noise that a test draws for other purposes stands between the scheduler's.
      while ((places[drawn] ?? call) < call) drawn++;
      const start = drawn++ * length;
      return noise?.data.subarray(start, start + length) ?? new Float32Array();
    },
  });
}

/** EDM's tests alone leave the sample that goes to `step` as it is. */
function scalingOf(test: PublishedTest): 'usual' | 'kept' | 'none' {
  if (test.model_output_is_dummy_of_scaled_sample === false) return 'none';
  return test.scheduler.startsWith('EDM') ? 'usual' : 'kept';
}

/** published: full loops of diffusers' own test-suite with the sums that stand there, and a few facts. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import type { CaseResult } from './case-result.ts';
import { createComparison, largestMagnitude } from './comparison.ts';
import { checkPublishedFacts } from './published-facts.ts';
import { replayPublishedLoop, type PublishedReplay } from './published-loop.ts';
import { readFloat32Npy } from './read-npy.ts';
import { numbersSchema, readReference } from './reference-file.ts';
import { TEST_SAMPLE_LENGTH } from './reference-noise.ts';
import { toReferenceScheduler, type BuiltScheduler } from './scheduler-case.ts';
import { sumOfMagnitudes } from './scheduler-loop.ts';
import { timestepTolerance } from './timesteps-table.ts';

const testSchema = z.object({
  test: z.string(),
  scheduler: z.string(),
  config: z.record(z.string(), z.unknown()),
  set_timesteps: z.object({ num_inference_steps: z.number() }).nullable(),
  timesteps_iterated: numbersSchema,
  step_kwargs: z.object({ eta: z.number().optional() }),
  add_noise: z.array(z.object({ t: numbersSchema })).optional(),
  step_methods: z.unknown().optional(),
  final_sample: numbersSchema,
  noise_file: z.string().optional(),
  asserts: z.array(z.object({ what: z.string(), expected: z.number(), tolerance: z.number() })),
});
type PublishedTest = z.infer<typeof testSchema>;

export async function* checkPublished(folder: string): AsyncGenerator<CaseResult> {
  if (existsSync(join(folder, 'full_loop_tests.json'))) {
    const tests = await readReference(join(folder, 'full_loop_tests.json'), z.array(testSchema));
    for (const test of tests) yield await checkTest(folder, test);
  }
  if (existsSync(join(folder, 'other_facts.json'))) yield* checkPublishedFacts(folder);
}

async function checkTest(folder: string, test: PublishedTest): Promise<CaseResult> {
  const name = `published ${test.test}`;
  const scheduler = toReferenceScheduler(test.scheduler, test.config);
  if (!scheduler.isSupported) return { kind: 'unsupported', name, reason: scheduler.reason };
  if (test.step_methods !== undefined || test.final_sample.length !== TEST_SAMPLE_LENGTH) {
    return { kind: 'unsupported', name, reason: 'it is not a plain loop over 4×3×8×8 values' };
  }
  const replay = await replayTest(folder, test, scheduler);
  const comparison = createComparison();
  comparison.add(replay.timesteps, test.timesteps_iterated, timestepTolerance('float32'));
  comparison.add(replay.final, test.final_sample, finalTolerance(replay));
  const sum = sumOfMagnitudes(replay.final);
  const figures: Record<string, number> = {
    'result_sum.item()': sum,
    'result_mean.item()': sum / replay.final.length,
  };
  for (const { what, expected, tolerance } of test.asserts) {
    comparison.add([figures[what] ?? Number.NaN], [expected], tolerance);
  }
  return comparison.toResult(name);
}

/** Every step may round once at the size of the largest sample in the loop, in the reference as here. */
function finalTolerance({ start, final, timesteps }: PublishedReplay): number {
  const largest = largestMagnitude([start, final].map(largestMagnitude));
  return 1e-6 * largestMagnitude(final) + timesteps.length * 2 ** -24 * largest;
}

async function replayTest(
  folder: string,
  test: PublishedTest,
  scheduler: BuiltScheduler,
): Promise<PublishedReplay> {
  const noise =
    test.noise_file === undefined ? undefined : await readFloat32Npy(join(folder, test.noise_file));
  let drawn = 0;
  return replayPublishedLoop({
    scheduler,
    // Without set_timesteps the reference walks over all that were trained.
    stepCount: test.set_timesteps?.num_inference_steps ?? scheduler.config.num_train_timesteps,
    noisedSteps: test.add_noise === undefined ? undefined : test.timesteps_iterated.length,
    eta: test.step_kwargs.eta,
    drawNoise: () => {
      const start = drawn;
      drawn += TEST_SAMPLE_LENGTH;
      return noise?.data.subarray(start, drawn) ?? new Float32Array();
    },
  });
}

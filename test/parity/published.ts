/** published: full loops of diffusers' own test-suite with the sums that stand there, and a few facts. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import type { CaseResult } from './case-result.ts';
import { createComparison, largestMagnitude } from './comparison.ts';
import { checkPublishedFacts } from './published-facts.ts';
import {
  publishedTestSchema,
  replayPublishedTest,
  type PublishedReplay,
  type PublishedTest,
} from './published-loop.ts';
import { readReference } from './reference-file.ts';
import { TEST_SAMPLE_LENGTH } from './reference-noise.ts';
import { toReferenceScheduler } from './scheduler-case.ts';
import { sumOfMagnitudes } from './scheduler-loop.ts';

export async function* checkPublished(folder: string): AsyncGenerator<CaseResult> {
  if (existsSync(join(folder, 'full_loop_tests.json'))) {
    const tests = await readReference(
      join(folder, 'full_loop_tests.json'),
      z.array(publishedTestSchema),
    );
    for (const test of tests) yield await checkTest(folder, test);
  }
  if (existsSync(join(folder, 'other_facts.json'))) yield* checkPublishedFacts(folder);
}

async function checkTest(folder: string, test: PublishedTest): Promise<CaseResult> {
  const name = `published ${test.test}`;
  const scheduler = toReferenceScheduler(test.scheduler, test.config);
  if (!scheduler.isSupported) return { kind: 'unsupported', name, reason: scheduler.reason };
  if (test.step_methods !== undefined || test.final_sample.length !== TEST_SAMPLE_LENGTH) {
    return {
      kind: 'unsupported',
      name,
      reason: 'only loops over step with the 4×3×8×8 sample are',
    };
  }
  const record = await replayPublishedTest(folder, test, scheduler);
  const comparison = createComparison();
  comparison.add(record.timesteps, test.timesteps_iterated, 2 ** -13);
  comparison.add(record.final, test.final_sample, finalTolerance(record));
  const sum = sumOfMagnitudes(record.final);
  const figures: Record<string, number> = {
    'result_sum.item()': sum,
    'result_mean.item()': sum / record.final.length,
  };
  for (const { what, expected, tolerance } of test.asserts) {
    comparison.add([figures[what] ?? Number.NaN], [expected], tolerance);
  }
  return comparison.toResult(name);
}

/** Every step may round once at the size of the largest sample in the loop, in the reference as here. */
function finalTolerance({ start, final, stepCount }: PublishedReplay): number {
  const largest = largestMagnitude([start, final].map(largestMagnitude));
  return 1e-6 * largestMagnitude(final) + stepCount * 2 ** -24 * largest;
}

/** torch_randn: the noise of a seed. */
import { join } from 'node:path';
import * as z from 'zod';
import { createTorchRandom } from '../../gpu-function/sampling/torch-random.ts';
import type { CaseResult } from './case-result.ts';
import { createComparison } from './comparison.ts';
import { numbersSchema, readReference } from './reference-file.ts';

/** What builds of PyTorch differ by among themselves, with room: the reference's own advice. */
const TOLERANCE = 1e-5;

const randnSchema = z.object({
  full: z.array(z.object({ seed: z.number(), n: z.number(), values: numbersSchema })),
  cases: z.array(
    z.object({
      seed: z.number(),
      shape: z.array(z.number()),
      first: numbersSchema,
      last: numbersSchema,
      sum: z.number(),
      sum_abs: z.number(),
      next_randn_3: numbersSchema,
    }),
  ),
});

export async function* checkTorchRandn(folder: string): AsyncGenerator<CaseResult> {
  const { full, cases } = await readReference(join(folder, 'randn.json'), randnSchema);
  for (const { seed, n, values } of full) {
    const comparison = createComparison();
    comparison.add(createTorchRandom(seed).normal(n), values, TOLERANCE);
    yield comparison.toResult(`torch_randn seed ${seed}, ${n} values`);
  }
  for (const { seed, shape, first, last, ...expected } of cases) {
    const random = createTorchRandom(seed);
    const length = shape.reduce((product, side) => product * side, 1);
    const values = random.normal(length);
    const comparison = createComparison();
    comparison.add(values.subarray(0, first.length), first, TOLERANCE);
    comparison.add(values.subarray(-last.length), last, TOLERANCE);
    const sums = [sum(values), sum(values.map(Math.abs))];
    // Rounding errors of the values add up like a random walk.
    comparison.add(sums, [expected.sum, expected.sum_abs], TOLERANCE * Math.sqrt(length));
    comparison.add(random.normal(3), expected.next_randn_3, TOLERANCE);
    yield comparison.toResult(`torch_randn seed ${seed}, shape ${shape.join('×')}`);
  }
}

function sum(values: Float32Array): number {
  return values.reduce((total, value) => total + value, 0);
}

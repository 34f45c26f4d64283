/** The reference's own inputs: its small random generator and the sample of the published tests. */
import { join } from 'node:path';
import { maxAbsoluteError, type CaseResult } from './case-result.ts';
import { numbersSchema, readReference } from './reference-file.ts';
import * as z from 'zod';

/** A linear congruential generator of uniforms in 0..1, exact in double precision. */
function createUniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(1_664_525, state) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** noise(seed, shape): mean 0, variance 1, four uniforms a value. */
export function referenceNoise(seed: number, length: number): Float32Array {
  const uniform = createUniform(seed);
  return Float32Array.from(
    { length },
    () => (uniform() + uniform() + uniform() + uniform() - 2) * 1.7320508075688772,
  );
}

export const TEST_SAMPLE_LENGTH = 4 * 3 * 8 * 8;

/** 0..767 (or 767..0) as [3, 8, 8, 4] over 768, last axis to the front; 96 values are [3, 8, 4]. */
export function publishedTestSample(
  isReversed: boolean,
  length: number = TEST_SAMPLE_LENGTH,
): Float32Array {
  const sample = new Float32Array(length);
  const plane = length / 4;
  for (let index = 0; index < length; index++) {
    const value = isReversed ? length - 1 - index : index;
    sample[(index % 4) * plane + Math.floor(index / 4)] = value / length;
  }
  return sample;
}

/** The published tests' stand-in for the network: sample · t / (t + 1), each operation in float32. */
export function publishedTestModel(sample: Float32Array, timestep: number): Float32Array {
  const divisor = Math.fround(timestep + 1);
  return sample.map((value) => Math.fround(value * timestep) / divisor);
}

const lcgCheckSchema = z.record(z.string(), numbersSchema);

/** lcg_check.json: the generator above must be right before anything that uses it is looked at. */
export async function* checkLcg(folder: string): AsyncGenerator<CaseResult> {
  const values = await readReference(join(folder, 'lcg_check.json'), lcgCheckSchema);
  for (const [key, expected] of Object.entries(values)) {
    const [, kind, seed] = /^(uniform|noise)_seed_(\d+)_first_8/.exec(key) ?? [];
    const name = `lcg_check ${key}`;
    if (seed === undefined) {
      yield { kind: 'unsupported', name, reason: 'no such sequence is known' };
      continue;
    }
    const uniform = createUniform(Number(seed));
    const actual =
      kind === 'uniform' ? expected.map(uniform) : referenceNoise(Number(seed), expected.length);
    // Exact: the same operations in the same precision.
    yield {
      kind: 'compared',
      name,
      maxAbsoluteError: maxAbsoluteError(
        actual,
        expected.map(kind === 'uniform' ? Number : Math.fround),
      ),
      tolerance: 0,
    };
  }
}

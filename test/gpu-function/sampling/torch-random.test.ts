/** A seed means what it means in torch on the CPU; the reference's numbers are replayed by test/parity. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createMersenneTwister } from '../../../gpu-function/sampling/mersenne-twister.ts';
import { createTorchRandom } from '../../../gpu-function/sampling/torch-random.ts';

const seeds = fc.integer({ min: 0, max: 2 ** 32 - 1 });

test('the generator is MT19937: the 10,000th number of its default seed', () => {
  const next = createMersenneTwister(5_489);
  for (let index = 1; index < 10_000; index++) next();
  // The C++ standard prescribes this value ([rand.predef]).
  expect(next()).toBe(4_123_659_995);
});

test('a seed always gives the same noise, another seed another', () => {
  fc.assert(
    fc.property(seeds, fc.integer({ min: 1, max: 70 }), (seed, count) => {
      const first = createTorchRandom(seed).normal(count);
      expect(first).toHaveLength(count);
      expect(first.every(Number.isFinite)).toBe(true);
      expect(createTorchRandom(seed).normal(count)).toEqual(first);
      expect(createTorchRandom((seed + 1) % 2 ** 32).normal(count)).not.toEqual(first);
    }),
  );
});

test('single draws go on where the last one stopped', () => {
  fc.assert(
    fc.property(seeds, fc.integer({ min: 1, max: 14 }), (seed, cut) => {
      const random = createTorchRandom(seed);
      const parts = [...random.normal(cut), ...random.normal(15 - cut)];
      expect(parts).toEqual([...createTorchRandom(seed).normal(15)]);
    }),
  );
});

test('noise is standard normal', () => {
  const values = createTorchRandom(42).normal(100_000);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + value ** 2, 0) / values.length;
  expect(Math.abs(mean)).toBeLessThan(0.01);
  expect(Math.abs(variance - 1)).toBeLessThan(0.02);
});

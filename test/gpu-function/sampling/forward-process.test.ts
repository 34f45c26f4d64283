/** Noising a picture and reading it back, whichever way the network speaks. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  addNoise,
  cleanToNoise,
  noiseToClean,
  toVelocity,
  velocityToClean,
  velocityToNoise,
} from '../../../gpu-function/sampling/forward-process.ts';
import { toClean, toNoise } from '../../../gpu-function/sampling/convert-output.ts';
import {
  networkInputScale,
  toPreservingLevel,
  toPreservingLevelOfRatio,
} from '../../../gpu-function/sampling/noise-level.ts';

const values = fc
  .array(fc.float({ min: -4, max: 4, noNaN: true }), { minLength: 8, maxLength: 8 })
  .map((numbers) => Float32Array.from(numbers));
const alphaBar = fc.double({ min: 0.01, max: 0.99, noNaN: true });

function difference(actual: Float32Array, expected: Float32Array): number {
  return Math.max(...actual.map((value, index) => Math.abs(value - (expected[index] ?? 0))));
}

test('clean and noise come back from a noised picture, its noise or its velocity', () => {
  fc.assert(
    fc.property(values, values, alphaBar, (clean, noise, share) => {
      const level = toPreservingLevel(share);
      const sample = addNoise(clean, noise, level);
      const velocity = toVelocity(clean, noise, level);
      expect(difference(noiseToClean(sample, noise, level), clean)).toBeLessThan(1e-4);
      expect(difference(cleanToNoise(sample, clean, level), noise)).toBeLessThan(1e-4);
      expect(difference(velocityToClean(sample, velocity, level), clean)).toBeLessThan(1e-4);
      expect(difference(velocityToNoise(sample, velocity, level), noise)).toBeLessThan(1e-4);
    }),
  );
});

test("the samplers' weights find the same picture at both kinds of level", () => {
  fc.assert(
    fc.property(values, values, alphaBar, (clean, noise, share) => {
      const preserving = toPreservingLevel(share);
      const exploding = { alpha: 1, sigma: preserving.sigma / preserving.alpha };
      const velocity = toVelocity(clean, noise, preserving);
      for (const level of [preserving, exploding]) {
        const sample = addNoise(clean, noise, level);
        const outputs = { epsilon: noise, v_prediction: velocity, sample: clean };
        for (const [prediction, output] of Object.entries(outputs)) {
          const answer = { output, sample };
          const kind = prediction as keyof typeof outputs;
          expect(difference(toClean(kind, level, answer), clean)).toBeLessThan(1e-4);
          expect(difference(toNoise(kind, level, answer), noise)).toBeLessThan(1e-4);
        }
      }
    }),
  );
});

test('no noise leaves the picture, all noise leaves none of it', () => {
  const clean = Float32Array.of(1, -2);
  const noise = Float32Array.of(0.5, 0.25);
  expect(addNoise(clean, noise, toPreservingLevel(1))).toEqual(clean);
  expect(addNoise(clean, noise, toPreservingLevel(0))).toEqual(noise);
});

test('the network always gets a sample of the variance it was trained with', () => {
  expect(networkInputScale(toPreservingLevelOfRatio(14.6))).toBeCloseTo(1, 12);
  expect(networkInputScale({ alpha: 1, sigma: Math.sqrt(3) })).toBeCloseTo(0.5, 12);
});

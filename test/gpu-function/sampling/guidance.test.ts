/** Guidance and turning noise: the ends are what they say, and the middle keeps its size. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { applyGuidance } from '../../../gpu-function/sampling/guidance.ts';
import { slerp } from '../../../gpu-function/sampling/slerp.ts';
import { createTorchRandom } from '../../../gpu-function/sampling/torch-random.ts';

const normal = (seed: number) => createTorchRandom(seed).normal(256);
const length = (values: Float32Array) => Math.hypot(...values);
const deviation = (values: Float32Array) => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.hypot(...values.map((value) => value - mean)) / Math.sqrt(values.length - 1);
};

describe('guidance', () => {
  const negative = normal(1);
  const positive = normal(2);

  test('1 is the prompt alone, 0 the negative prompt alone', () => {
    const guided = applyGuidance({ negative, positive, scale: 1, rescale: 0, pictures: 1 });
    for (const [index, value] of positive.entries()) expect(guided[index]).toBeCloseTo(value, 6);
    expect(applyGuidance({ negative, positive, scale: 0, rescale: 0, pictures: 1 })).toEqual(
      negative,
    );
  });

  test('a full rescale gives every picture the contrast that its prompt has', () => {
    const second = positive.map((value) => value * 5);
    const guided = applyGuidance({
      negative: Float32Array.of(...negative, ...negative),
      positive: Float32Array.of(...positive, ...second),
      scale: 7.5,
      rescale: 1,
      pictures: 2,
    });
    expect(deviation(guided.subarray(0, 256))).toBeCloseTo(deviation(positive), 4);
    expect(deviation(guided.subarray(256))).toBeCloseTo(deviation(second), 4);
  });

  test('an output without contrast stays a number', () => {
    const flat = new Float32Array(256);
    const guided = applyGuidance({
      negative: flat,
      positive: flat,
      scale: 7.5,
      rescale: 0.7,
      pictures: 1,
    });
    expect(guided).toEqual(flat);
  });
});

describe('slerp', () => {
  test('ends at the two noises', () => {
    expect(slerp(normal(1), normal(2), 0)).toEqual(normal(1));
    expect(slerp(normal(1), normal(2), 1)).toEqual(normal(2));
  });

  test('keeps the length of noise all the way', () => {
    const [from, to] = [normal(3), normal(4)];
    const [least, most] = [length(from), length(to)].sort((a, b) => a - b);
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (fraction) => {
        const turned = length(slerp(from, to, fraction));
        expect(turned).toBeGreaterThan((least ?? 0) * 0.99);
        expect(turned).toBeLessThan((most ?? 0) * 1.01);
      }),
    );
  });

  test('goes straight where there is no arc: the same noise, or none', () => {
    expect(slerp(normal(5), normal(5), 0.3)).toEqual(normal(5));
    const none = new Float32Array(256);
    expect(slerp(none, normal(5), 0.5)).toEqual(normal(5).map((value) => value / 2));
  });
});

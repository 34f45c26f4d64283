/** The noise of DPM++ SDE: one path for each seed, whatever the number of steps that walk along it. */
import { expect, test } from 'vitest';
import { createBrownianPath } from '../../../gpu-function/sampling/brownian-path.ts';

const PATH = { max: 14.6, min: 0.03 };
const LENGTH = 4_096;
const noise = (seed: number, from: number, to: number) =>
  createBrownianPath(seed, LENGTH).noise({ from, to, ...PATH });

function moments(values: Float32Array): { mean: number; deviation: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const square = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, deviation: Math.sqrt(square) };
}

function correlation(first: Float32Array, second: Float32Array): number {
  return first.reduce((sum, value, at) => sum + value * (second[at] ?? 0), 0) / first.length;
}

test('is standard normal over stretches of any length', () => {
  for (const [from, to] of [
    [14.6, 0.03],
    [14.6, 10],
    [3, 2.9],
    [0.05, 0.03],
  ] as const) {
    const { mean, deviation } = moments(noise(1, from, to));
    expect(Math.abs(mean)).toBeLessThan(0.06);
    expect(Math.abs(deviation - 1)).toBeLessThan(0.06);
  }
});

test('the same seed walks the same path, in whatever order it is asked', () => {
  const path = createBrownianPath(7, LENGTH);
  const late = path.noise({ from: 1, to: 0.5, ...PATH });
  path.noise({ from: 14.6, to: 5, ...PATH });
  expect(path.noise({ from: 1, to: 0.5, ...PATH })).toEqual(late);
  expect(noise(7, 1, 0.5)).toEqual(late);
  expect(noise(8, 1, 0.5)).not.toEqual(late);
});

test('two steps together are the one that spans them: other step counts draw the same picture', () => {
  const length = (from: number, to: number) => Math.log(from / to) / Math.log(PATH.max / PATH.min);
  const whole = noise(3, 5, 1);
  const [first, second] = [noise(3, 5, 2), noise(3, 2, 1)];
  const added = first.map(
    (value, at) =>
      (value * Math.sqrt(length(5, 2)) + (second[at] ?? 0) * Math.sqrt(length(2, 1))) /
      Math.sqrt(length(5, 1)),
  );
  const errors = added.map((value, at) => Math.abs(value - (whole[at] ?? 0)));
  expect(Math.max(...errors)).toBeLessThan(1e-4);
});

test('stretches apart know nothing of each other', () => {
  expect(Math.abs(correlation(noise(5, 14.6, 5), noise(5, 5, 1)))).toBeLessThan(0.06);
  expect(Math.abs(correlation(noise(5, 5, 1), noise(6, 5, 1)))).toBeLessThan(0.06);
});

test('a table of one level has noise too', () => {
  const single = createBrownianPath(1, 32).noise({ from: 5, to: 5, max: 5, min: 5 });
  expect(single.every(Number.isFinite)).toBe(true);
});

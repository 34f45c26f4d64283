/** Gathers the comparisons of one case; the one nearest to its tolerance, or furthest beyond it, speaks for all. */
import { maxAbsoluteError, type CaseResult } from './case-result.ts';

export interface Comparison {
  /** Where the reference itself has no number (NaN) there is nothing to compare with. */
  add(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void;
  toResult(name: string): CaseResult;
}

export function createComparison(): Comparison {
  let worst: { error: number; tolerance: number } | undefined;
  return {
    add(actual, expected, tolerance) {
      const error = maxAbsoluteError(...withoutNaN(actual, expected));
      if (
        worst === undefined ||
        badness(error, tolerance) > badness(worst.error, worst.tolerance)
      ) {
        worst = { error, tolerance };
      }
    },
    toResult(name) {
      if (worst === undefined) return { kind: 'broken', name, reason: 'nothing was compared' };
      return { kind: 'compared', name, maxAbsoluteError: worst.error, tolerance: worst.tolerance };
    },
  };
}

/** Different lengths stay as they are: that is an error of its own. */
function withoutNaN(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
): [ArrayLike<number>, ArrayLike<number>] {
  const isNumber = (_: number, index: number) => !Number.isNaN(expected[index]);
  const numbers = Array.from(expected).filter(isNumber);
  if (numbers.length === expected.length || actual.length !== expected.length) {
    return [actual, expected];
  }
  return [Array.from(actual).filter(isNumber), numbers];
}

/** Error in tolerances; where the tolerance is 0 every error is beyond it. */
function badness(error: number, tolerance: number): number {
  return error === 0 ? 0 : error / tolerance;
}

export function largestMagnitude(values: ArrayLike<number>): number {
  let largest = 0;
  for (let index = 0; index < values.length; index++) {
    largest = Math.max(largest, Math.abs(values[index] ?? 0));
  }
  return largest;
}

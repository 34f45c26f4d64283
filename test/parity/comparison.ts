/** Gathers the comparisons of one case; the one nearest to its tolerance, or furthest beyond it, speaks for all. */
import { maxAbsoluteError, type CaseResult } from './case-result.ts';

export interface Comparison {
  add(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void;
  toResult(name: string): CaseResult;
}

export function createComparison(): Comparison {
  let worst: { error: number; tolerance: number } | undefined;
  return {
    add(actual, expected, tolerance) {
      const error = maxAbsoluteError(actual, expected);
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

/** What one parity case came to. Every checker yields these; main.ts prints them. */

export type CaseResult =
  /** Numbers were compared; it is ok when `maxAbsoluteError` is at most `tolerance`. */
  | { kind: 'compared'; name: string; maxAbsoluteError: number; tolerance: number }
  /** The case needs something that is not built yet; counts neither as ok nor as a failure. */
  | { kind: 'unsupported'; name: string; reason: string }
  /** The case could not be compared at all (a file is missing, a length differs, code threw): a failure. */
  | { kind: 'broken'; name: string; reason: string };

/** Largest |actual - expected|; infinite when a value is NaN or the lengths differ, so that such a case fails. */
export function maxAbsoluteError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let index = 0; index < expected.length; index++) {
    const difference = Math.abs((actual[index] ?? Number.NaN) - (expected[index] ?? Number.NaN));
    // Written so that NaN, which compares false with everything, does not slip through.
    if (!(difference <= largest)) largest = difference;
    if (Number.isNaN(largest)) return Number.POSITIVE_INFINITY;
  }
  return largest;
}

export function isFailure(result: CaseResult): boolean {
  switch (result.kind) {
    case 'compared':
      return !(result.maxAbsoluteError <= result.tolerance);
    case 'unsupported':
      return false;
    case 'broken':
      return true;
  }
}

/** The line that is printed for a case. */
export function toLine(result: CaseResult): string {
  switch (result.kind) {
    case 'compared': {
      const error = `error ${result.maxAbsoluteError.toExponential(2)}`;
      const tolerance = `tolerance ${result.tolerance.toExponential(2)}`;
      return `${result.name}  ${error}  ${tolerance}  ${isFailure(result) ? 'FAIL' : 'ok'}`;
    }
    case 'unsupported':
      return `${result.name}  not supported: ${result.reason}`;
    case 'broken':
      return `${result.name}  FAIL: ${result.reason}`;
  }
}

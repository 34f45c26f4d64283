/** Tables of second-order methods, which pass every inner point twice. */

/** a, b, c, d becomes a, b, b, c, c, d. */
export function doubleInner(values: readonly number[]): number[] {
  return values.flatMap((value, index) =>
    index === 0 || index === values.length - 1 ? [value] : [value, value],
  );
}

/** a, b, c and x, y becomes a, x, b, y, c. */
export function interleave(points: readonly number[], between: readonly number[]): number[] {
  return points.flatMap((value, index) =>
    index < points.length - 1 ? [value, between[index] ?? Number.NaN] : [value],
  );
}

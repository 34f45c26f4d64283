/** Torch's arithmetic on single numbers: coefficients are float32 there, and their last bits show in the pictures. */

/** Rounds to float32. */
export const f32 = Math.fround;

/** Torch fills the second half from the end, which decides the last bit. */
export function float32Linspace(start: number, end: number, length: number): Float64Array {
  const first = f32(start);
  const last = f32(end);
  const step = length > 1 ? f32(f32(last - first) / (length - 1)) : 0;
  return Float64Array.from({ length }, (_, index) =>
    index < length / 2 ? f32(first + step * index) : f32(last - step * (length - 1 - index)),
  );
}

/** Each value rounded to float32, as numbers. */
export function toFloat32(values: Iterable<number>): number[] {
  return Array.from(values, f32);
}

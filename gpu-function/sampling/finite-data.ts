/** Whether arithmetic stayed within the range of numbers. */

/** Whether every value is a number: float16 networks answer NaN or infinity when their range was not enough. */
export function isFiniteData(data: Float32Array): boolean {
  // A sum is no number as soon as one value is none; finite float32 values cannot leave a double's range.
  let sum = 0;
  // By index: an iterator takes ten times as long, in every step.
  for (let index = 0; index < data.length; index++) sum += data[index] ?? 0;
  return Number.isFinite(sum);
}

/**
 * How n timesteps are picked out of the T trained ones, from noisy to clean.
 * Table 2 of https://arxiv.org/abs/2305.08891; rounding as NumPy does it, because neighbours give other pictures.
 */

/** To the nearest whole number, halves to the even one. */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

/** `count` values from `first` to `last`, both included; only `first` when one is asked for. */
export function linspace(first: number, last: number, count: number): number[] {
  const step = count > 1 ? (last - first) / (count - 1) : 0;
  return Array.from({ length: count }, (_, index) =>
    index > 0 && index === count - 1 ? last : first + step * index,
  );
}

/**
 * `count` multiples of the whole number `stride`, ending at `offset`, all below `length`.
 * With as many steps as were trained an offset would point past the table (the reference fails there): it gives way.
 */
export function leadingTimesteps(
  stride: number,
  count: number,
  { offset, length }: { offset: number; length: number },
): number[] {
  const fitting = Math.min(offset, length - 1 - (count - 1) * stride);
  return Array.from({ length: count }, (_, index) => (count - 1 - index) * stride + fitting);
}

/** `count` timesteps down from `length` - 1 by the exact ratio, each rounded. */
export function trailingTimesteps(length: number, count: number): number[] {
  const second = length - length / count;
  // NumPy's arange multiplies the difference of its first two values, which is not the ratio to the last bit.
  const difference = second - length;
  return Array.from(
    { length: count },
    (_, index) => roundHalfEven(length + difference * index) - 1,
  );
}

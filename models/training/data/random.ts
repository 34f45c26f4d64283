/** A small seeded generator: the same seed makes the same data set on every machine. */

export interface Random {
  /** 0 ≤ value < 1 */
  next(): number;
  /** A whole number, from `min` to `max` both included. */
  whole(min: number, max: number): number;
  /** Uniform between two numbers. */
  between(min: number, max: number): number;
  /** Throws RangeError for an empty list. */
  pick<T>(values: readonly T[]): T;
  isTrue(probability: number): boolean;
}

/** Mulberry32 by Tommy Ettinger: 32 bits of state, good enough to choose pictures with. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const whole = (min: number, max: number) => min + Math.floor(next() * (max - min + 1));
  return {
    next,
    whole,
    between: (min, max) => min + next() * (max - min),
    pick: (values) => {
      const value = values[whole(0, values.length - 1)];
      if (value === undefined) throw new RangeError('nothing to pick from');
      return value;
    },
    isTrue: (probability) => next() < probability,
  };
}

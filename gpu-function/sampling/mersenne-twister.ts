/** MT19937, the generator behind torch's CPU generator. Matsumoto and Nishimura 1998, https://doi.org/10.1145/272991.272995 */

const SIZE = 624;
const MIDDLE = 397;
const TWIST = 0x9908b0df;
const UPPER_BIT = 0x80000000;
const LOWER_BITS = 0x7fffffff;
const SEED_FACTOR = 1_812_433_253;

/** @param seed its low 32 bits count. @returns a function that gives the next whole number, 0..2^32 - 1. */
export function createMersenneTwister(seed: number): () => number {
  const state = new Uint32Array(SIZE);
  state[0] = seed;
  for (let index = 1; index < SIZE; index++) {
    const before = state[index - 1] ?? 0;
    state[index] = Math.imul(SEED_FACTOR, before ^ (before >>> 30)) + index;
  }
  let position = SIZE;
  return () => {
    if (position === SIZE) {
      refill(state);
      position = 0;
    }
    return temper(state[position++] ?? 0);
  };
}

function refill(state: Uint32Array): void {
  for (let index = 0; index < SIZE; index++) {
    const next = state[(index + 1) % SIZE] ?? 0;
    const joined = ((state[index] ?? 0) & UPPER_BIT) | (next & LOWER_BITS);
    const distant = state[(index + MIDDLE) % SIZE] ?? 0;
    state[index] = distant ^ (joined >>> 1) ^ (next % 2 === 1 ? TWIST : 0);
  }
}

function temper(value: number): number {
  let bits = value;
  bits ^= bits >>> 11;
  bits ^= (bits << 7) & 0x9d2c5680;
  bits ^= (bits << 15) & 0xefc60000;
  bits ^= bits >>> 18;
  return bits >>> 0;
}

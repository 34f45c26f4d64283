/**
 * torch.randn on the CPU, number for number, so that a seed means the same picture as in diffusers.
 * Follows ATen's DistributionTemplates.h (normal_fill) and TransformationHelper.h (normal_distribution).
 */
import { createMersenneTwister } from './mersenne-twister.ts';

export interface TorchRandom {
  /** The next `count` standard normal values, as one call of torch.randn gives them. */
  normal(count: number): Float32Array;
}

/** From here on torch fills whole blocks; below, it draws one value after the other. */
const BLOCK = 16;
const HALF_BLOCK = BLOCK / 2;
const TWO_PI = 2 * Math.PI;

/** @param seed 0..2^32 - 1, as in `torch.Generator('cpu').manual_seed(seed)` */
export function createTorchRandom(seed: number): TorchRandom {
  const next = createMersenneTwister(seed);
  const fillSingly = createSingleFill(next);
  return {
    normal(count) {
      const values = new Float32Array(count);
      if (count >= BLOCK) fillBlocks(values, next);
      else fillSingly(values);
      return values;
    },
  };
}

/** All uniforms first, then the transform in place; a rest below a block draws the last sixteen values anew. */
function fillBlocks(values: Float32Array, next: () => number): void {
  fillUniform(values, 0, next);
  for (let start = 0; start + BLOCK <= values.length; start += BLOCK) {
    transformBlock(values, start);
  }
  if (values.length % BLOCK !== 0) {
    const start = values.length - BLOCK;
    fillUniform(values, start, next);
    transformBlock(values, start);
  }
}

/** 24 bits, what a float32 below 1 can hold. */
function fillUniform(values: Float32Array, start: number, next: () => number): void {
  for (let index = start; index < values.length; index++) {
    values[index] = (next() & 0xffffff) / 2 ** 24;
  }
}

/** Box-Muller: value i of the first half and of the second give the cosine and the sine of one pair. */
function transformBlock(values: Float32Array, start: number): void {
  for (let index = start; index < start + HALF_BLOCK; index++) {
    const radius = Math.sqrt(-2 * Math.log(1 - (values[index] ?? 0)));
    const angle = TWO_PI * (values[index + HALF_BLOCK] ?? 0);
    values[index] = radius * Math.cos(angle);
    values[index + HALF_BLOCK] = radius * Math.sin(angle);
  }
}

/** In double, two values at a time; the second waits for the next draw, even one of another call. */
function createSingleFill(next: () => number): (values: Float32Array) => void {
  let waiting: number | undefined;
  const single = (): number => {
    if (waiting !== undefined) {
      const value = waiting;
      waiting = undefined;
      return value;
    }
    const angle = TWO_PI * uniform53(next);
    const radius = Math.sqrt(-2 * Math.log1p(-uniform53(next)));
    waiting = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
  return (values) => {
    for (let index = 0; index < values.length; index++) values[index] = single();
  };
}

/** 53 bits: the low 21 of the first number above the 32 of the second. */
function uniform53(next: () => number): number {
  const high = next() & 0x1fffff;
  const low = next();
  return (high * 2 ** 32 + low) / 2 ** 53;
}

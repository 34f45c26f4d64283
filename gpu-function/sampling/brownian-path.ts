/**
 * Noise that belongs to stretches of one Brownian path, so that runs with other step counts follow the same path: what
 * torchsde's Brownian tree does for DPM++ SDE in other programs (its numbers are not torch's). The path is found by halving:
 * each half-way point is the mean of its neighbours plus noise of its own, which its place and the seed decide.
 */
import type { NoiseInterval } from './sampler.ts';
import { createTorchRandom } from './torch-random.ts';

/** 2^12 stretches over the logarithm of sigma; inside the last one the path is straight. */
const DEPTH = 12;
/** Keeps the path's numbers apart from those of the seed's own stream. */
const SALT = 0x5de_b10;

export interface BrownianPath {
  /** Standard normal values: the path's change over the stretch, divided by its deviation. Independent for stretches apart. */
  noise(interval: NoiseInterval): Float32Array;
}

/** Half-way points on the way down to one place of the path; neighbours share most of it. */
interface Node {
  index: number;
  left: Float32Array;
  right: Float32Array;
}

/** @param length values of the sample, each with a path of its own */
export function createBrownianPath(seed: number, length: number): BrownianPath {
  const start = new Float32Array(length);
  const end = nodeNoise(seed, 0, 0, length);
  const way: Node[] = [{ index: 0, left: start, right: end }];

  /** The node of this level that holds the place, made from the one above it. */
  function descend(level: number, index: number): Node {
    const known = way[level];
    if (known?.index === index) return known;
    const above = descend(level - 1, index >> 1);
    const deviation = Math.sqrt(2 ** -(level - 1)) / 2;
    const fresh = nodeNoise(seed, level, index >> 1, length);
    const middle = above.left.map(
      (value, at) => (value + (above.right[at] ?? 0)) / 2 + deviation * (fresh[at] ?? 0),
    );
    const isRight = index % 2 === 1;
    const node = isRight
      ? { index, left: middle, right: above.right }
      : { index, left: above.left, right: middle };
    way[level] = node;
    return node;
  }

  /** A step begins where the last one ended. */
  let last: { place: number; value: Float32Array } | undefined;

  function valueAt(place: number): Float32Array {
    if (last?.place === place) return last.value;
    const scaled = Math.min(Math.max(place, 0), 1) * 2 ** DEPTH;
    const index = Math.min(Math.floor(scaled), 2 ** DEPTH - 1);
    const { left, right } = descend(DEPTH, index);
    const part = scaled - index;
    const value = left.map((from, at) => from + part * ((right[at] ?? 0) - from));
    last = { place, value };
    return value;
  }

  return {
    noise({ from, to, max, min }) {
      const placeOf = (sigma: number) => Math.log(max / sigma) / Math.log(max / min);
      // A table of one level has no way to go: its only stretch is the whole path.
      const [begin, finish] = max > min ? [placeOf(from), placeOf(to)] : [0, 1];
      const before = valueAt(begin);
      const deviation = Math.sqrt(Math.max(finish - begin, Number.MIN_VALUE));
      return valueAt(finish).map((value, at) => (value - (before[at] ?? 0)) / deviation);
    },
  };
}

function nodeNoise(seed: number, level: number, index: number, length: number): Float32Array {
  return createTorchRandom(mix(mix(mix(SALT, seed), level), index)).normal(length);
}

/** MurmurHash3's finish: one bit changed changes half of the others. */
function mix(hash: number, value: number): number {
  let bits = Math.imul(hash ^ value, 0x85eb_ca6b);
  bits ^= bits >>> 13;
  bits = Math.imul(bits, 0xc2b2_ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

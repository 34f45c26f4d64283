/**
 * Pictures that can be laid beside themselves. The networks' convolutions see zeros beyond the edge, and a finished ONNX
 * file cannot be told to see the other edge instead; so the latents are rolled, by another distance at every step and
 * around once more for the decoder, and no place is an edge for long.
 */
import type { PixelImage } from './pixels.ts';

type CallNetwork = (sample: Float32Array, timestep: number) => Promise<Float32Array>;

/** Of a side: far from a half, a third and a quarter, so that the edge visits all places evenly. */
const STRIDE_SHARE = (3 - Math.sqrt(5)) / 2;

/** Planes [..., height, width] moved right and down by whole cells; what leaves comes back on the other side. */
export function roll(
  values: Float32Array,
  [height, width]: readonly [number, number],
  [down, right]: readonly [number, number],
): Float32Array {
  const plane = height * width;
  const rolled = new Float32Array(values.length);
  for (let at = 0; at < values.length; at++) {
    const place = at % plane;
    const y = (Math.floor(place / width) + down + height) % height;
    const x = ((place % width) + right + width) % width;
    rolled[at - place + y * width + x] = values[at] ?? 0;
  }
  return rolled;
}

/** The network asked at a different shift each time; its answer is shifted back. */
export function rollEachCall(callNetwork: CallNetwork, shape: readonly number[]): CallNetwork {
  const [, , height = 1, width = 1] = shape;
  let calls = 0;
  return async (sample, timestep) => {
    calls += 1;
    const down = Math.floor((calls * STRIDE_SHARE * height) % height);
    const right = Math.floor((calls * STRIDE_SHARE * 2 * width) % width);
    const answer = await callNetwork(roll(sample, [height, width], [down, right]), timestep);
    return roll(answer, [height, width], [-down, -right]);
  };
}

/** The four ways in which latents are rolled for the decoder, in halves of a side: down, right. */
export const DECODER_ROLLS = [
  [0, 0],
  [1, 0],
  [0, 1],
  [1, 1],
] as const;

/**
 * One picture from four that were decoded from latents rolled as DECODER_ROLLS says: at every place mostly the one whose
 * edge is far away. Sides are even.
 */
export function joinRolled(pictures: readonly PixelImage[]): PixelImage {
  const [first] = pictures;
  if (first === undefined) throw new RangeError('there is nothing to join');
  const { widthPx, heightPx } = first;
  const sums = new Float32Array(first.pixels.length);
  for (const [index, [halvesDown, halvesRight]] of DECODER_ROLLS.entries()) {
    const rolled = pictures[index]?.pixels ?? first.pixels;
    for (let place = 0; place < widthPx * heightPx; place++) {
      const y = (Math.floor(place / widthPx) + (halvesDown * heightPx) / 2) % heightPx;
      const x = ((place % widthPx) + (halvesRight * widthPx) / 2) % widthPx;
      addWeighted(
        sums,
        place,
        { pixels: rolled, place: y * widthPx + x },
        hill(y, heightPx) * hill(x, widthPx),
      );
    }
  }
  return { pixels: Uint8ClampedArray.from(sums), widthPx, heightPx, channels: 3 };
}

function addWeighted(
  sums: Float32Array,
  place: number,
  from: { pixels: ArrayLike<number>; place: number },
  weight: number,
): void {
  for (let channel = 0; channel < 3; channel++) {
    const at = place * 3 + channel;
    sums[at] = (sums[at] ?? 0) + weight * (from.pixels[from.place * 3 + channel] ?? 0);
  }
}

/** 0 at the edges, 1 in the middle; with itself moved by half a side it adds up to 1. */
function hill(at: number, side: number): number {
  return Math.sin((Math.PI * (at + 0.5)) / side) ** 2;
}

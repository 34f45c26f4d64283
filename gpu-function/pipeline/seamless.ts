/**
 * Pictures that can be laid beside themselves. The networks' convolutions see zeros beyond the edge, and a finished ONNX
 * file cannot be told to see the other edge instead; so network and decoder are asked four times, with the latents rolled
 * by half a side, and no place is an edge to all of them.
 */
import type { PixelImage } from './pixels.ts';

type CallNetwork = (sample: Float32Array, timestep: number) => Promise<Float32Array>;

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

/** The four ways in which latents are rolled, in halves of a side: down, right. */
export const ROLLS = [
  [0, 0],
  [1, 0],
  [0, 1],
  [1, 1],
] as const;

/**
 * The network asked four times, with the sample rolled so that what is an edge to one call is the middle to another. Each
 * answer counts most where its edge is far: with one call a step the last one's edge would stay to be seen.
 */
export function callRolled(callNetwork: CallNetwork, shape: readonly number[]): CallNetwork {
  const [, , height = 1, width = 1] = shape;
  const plane = height * width;
  return async (sample, timestep) => {
    const sum = new Float32Array(sample.length);
    for (const [halvesDown, halvesRight] of ROLLS) {
      const down = Math.floor((halvesDown * height) / 2);
      const right = Math.floor((halvesRight * width) / 2);
      const answer = await callNetwork(roll(sample, [height, width], [down, right]), timestep);
      for (const [at, value] of answer.entries()) {
        const y = Math.floor((at % plane) / width);
        const x = at % width;
        const place = ((y - down + height) % height) * width + ((x - right + width) % width);
        const target = at - (at % plane) + place;
        sum[target] = (sum[target] ?? 0) + hill(y, height) * hill(x, width) * value;
      }
    }
    return sum;
  };
}

/**
 * One picture from four that were decoded from latents rolled as ROLLS says: at every place mostly the one whose
 * edge is far away. Sides are even.
 */
export function joinRolled(pictures: readonly PixelImage[]): PixelImage {
  const [first] = pictures;
  if (first === undefined) throw new RangeError('there is nothing to join');
  const { widthPx, heightPx } = first;
  const sums = new Float32Array(first.pixels.length);
  for (const [index, [halvesDown, halvesRight]] of ROLLS.entries()) {
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

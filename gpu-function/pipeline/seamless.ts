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
export function roll<Values extends Float32Array>(
  values: Values,
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
  const pixels = new Uint8ClampedArray(first.pixels.length);
  for (let y = 0; y < heightPx; y++) {
    for (let x = 0; x < widthPx; x++) {
      for (let channel = 0; channel < 3; channel++) {
        let sum = 0;
        for (const [index, [halvesDown, halvesRight]] of DECODER_ROLLS.entries()) {
          const rolledY = (y + (halvesDown * heightPx) / 2) % heightPx;
          const rolledX = (x + (halvesRight * widthPx) / 2) % widthPx;
          const place = (rolledY * widthPx + rolledX) * 3 + channel;
          const weight = hill(rolledY, heightPx) * hill(rolledX, widthPx);
          sum += weight * (pictures[index]?.pixels[place] ?? 0);
        }
        pixels[(y * widthPx + x) * 3 + channel] = sum;
      }
    }
  }
  return { pixels, widthPx, heightPx, channels: 3 };
}

/** 0 at the edges, 1 in the middle; with itself moved by half a side it adds up to 1. */
function hill(at: number, side: number): number {
  return Math.sin((Math.PI * (at + 0.5)) / side) ** 2;
}

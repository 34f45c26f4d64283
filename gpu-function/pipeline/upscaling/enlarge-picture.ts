/**
 * A picture made larger by a network, tile by tile. Beside the finished bytes only one tile's numbers are in memory,
 * whatever the size.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { RunCanceled } from '../denoise.ts';
import type { PixelImage } from '../pixels.ts';
import type { Tensor, Upscaler } from '../ports.ts';
import { MARGIN_PX, OVERLAP_PX, planTiles, type Tile } from './plan-tiles.ts';

/** Small enough for any memory, large enough for the margins to be a small part of it. */
const TILE_SIDE_PX = 160;

export interface EnlargeTask {
  /** RGB. */
  picture: PixelImage;
  factor: 2 | 4;
  upscaler: Upscaler;
  /** After each tile. */
  onTile(): void;
  isCanceled(): boolean;
}

/** How many tiles there will be, for the progress. A network of factor 2 goes twice over the picture for 4. */
export function countTiles({
  picture,
  factor,
  upscaler,
}: Pick<EnlargeTask, 'picture' | 'factor' | 'upscaler'>): number {
  const first = planTiles(picture, tileSizeFor(picture, upscaler)).length;
  if (upscaler.description.nativeFactor >= factor) return first;
  const doubled = { widthPx: picture.widthPx * 2, heightPx: picture.heightPx * 2 };
  return first + planTiles(doubled, tileSizeFor(doubled, upscaler)).length;
}

/** Throws RunCanceled between two tiles. */
export async function enlargePicture(task: EnlargeTask): Promise<PixelImage> {
  const { nativeFactor } = task.upscaler.description;
  if (nativeFactor >= task.factor) return enlargeOnce(task, nativeFactor, task.factor);
  const doubled = await enlargeOnce(task, nativeFactor, 2);
  return enlargeOnce({ ...task, picture: doubled }, nativeFactor, 2);
}

async function enlargeOnce(
  task: EnlargeTask,
  nativeFactor: number,
  factor: number,
): Promise<PixelImage> {
  const { picture, upscaler } = task;
  const widthPx = picture.widthPx * factor;
  const heightPx = picture.heightPx * factor;
  const pixels = new Uint8ClampedArray(widthPx * heightPx * 3);
  const enlarged: PixelImage = { pixels, widthPx, heightPx, channels: 3 };
  for (const tile of planTiles(picture, tileSizeFor(picture, upscaler))) {
    // Messages, a cancel among them, arrive between turns of the event loop only.
    await nextTurn();
    if (task.isCanceled()) throw new RunCanceled();
    const drawn = await upscaler.enlarge(cutTile(picture, tile));
    pasteTile(enlarged, shrink(drawn, nativeFactor / factor), tile, factor);
    task.onTile();
  }
  return enlarged;
}

/** A small picture gets a tile that is not larger than it needs, in steps, so that few shapes are ever seen. */
function tileSizeFor(
  { widthPx, heightPx }: { widthPx: number; heightPx: number },
  { fixedInput }: Upscaler,
): { widthPx: number; heightPx: number } {
  const fit = (side: number) => Math.min(TILE_SIDE_PX, Math.ceil((side + 2 * MARGIN_PX) / 32) * 32);
  return fixedInput ?? { widthPx: fit(widthPx), heightPx: fit(heightPx) };
}

/** [1, 3, height, width] in 0..1; beyond the picture its nearest pixel is repeated. */
function cutTile({ pixels, widthPx, heightPx, channels }: PixelImage, { input }: Tile): Tensor {
  const [width, height] = [input.right - input.left, input.bottom - input.top];
  const plane = width * height;
  const data = new Float32Array(plane * 3);
  for (let y = 0; y < height; y++) {
    const sourceY = Math.min(heightPx - 1, Math.max(0, input.top + y));
    for (let x = 0; x < width; x++) {
      const sourceX = Math.min(widthPx - 1, Math.max(0, input.left + x));
      const from = (sourceY * widthPx + sourceX) * channels;
      for (let channel = 0; channel < 3; channel++) {
        data[channel * plane + y * width + x] = (pixels[from + channel] ?? 0) / 255;
      }
    }
  }
  return { data, shape: [1, 3, height, width] };
}

/** The mean of each square of values. */
function shrink(tensor: Tensor, times: number): Tensor {
  if (times === 1) return tensor;
  const [, , fromHeight = 0, fromWidth = 0] = tensor.shape;
  const [height, width] = [fromHeight / times, fromWidth / times];
  const data = new Float32Array(3 * height * width);
  for (let at = 0; at < data.length; at++) {
    const channel = Math.floor(at / (height * width));
    const y = Math.floor(at / width) % height;
    const x = at % width;
    let sum = 0;
    for (let square = 0; square < times * times; square++) {
      const row = y * times + Math.floor(square / times);
      sum +=
        tensor.data[(channel * fromHeight + row) * fromWidth + x * times + (square % times)] ?? 0;
    }
    data[at] = sum / (times * times);
  }
  return { data, shape: [1, 3, height, width] };
}

/** Over what is there already the tile is faded in, from its left and upper edge. */
function pasteTile(
  enlarged: PixelImage,
  drawn: Tensor,
  { input, usable }: Tile,
  factor: number,
): void {
  const [, , height = 0, width = 0] = drawn.shape;
  const plane = height * width;
  const fadePx = OVERLAP_PX * factor;
  const rise = (at: number, edge: number) =>
    edge === 0 ? 1 : Math.min(1, (at - edge * factor + 0.5) / fadePx);
  for (let y = usable.top * factor; y < usable.bottom * factor; y++) {
    const vertical = rise(y, usable.top);
    for (let x = usable.left * factor; x < usable.right * factor; x++) {
      const share = vertical * rise(x, usable.left);
      const from = (y - input.top * factor) * width + (x - input.left * factor);
      const to = (y * enlarged.widthPx + x) * 3;
      for (let channel = 0; channel < 3; channel++) {
        const below = enlarged.pixels[to + channel] ?? 0;
        const value = (drawn.data[channel * plane + from] ?? 0) * 255;
        enlarged.pixels[to + channel] = below + share * (value - below);
      }
    }
  }
}

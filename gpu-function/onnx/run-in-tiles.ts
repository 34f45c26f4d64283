/** A large picture or latent through a VAE piece by piece: overlapping tiles whose seams fade into one another. */
import type { Tensor } from '../pipeline/ports.ts';

/** Share of a tile that it has in common with the next, as in diffusers. */
const OVERLAP = 0.25;

export interface Tiling {
  /** Side of a tile at the input. Times OVERLAP it must be whole, at the output as well. */
  tileSide: number;
  /** Sides of the output over sides of the input: 8 for a decoder of Stable Diffusion, 1/8 for its encoder. */
  scale: number;
  /** Runs one tile [batch, channels, height, width]. */
  run(tile: Tensor): Promise<Tensor>;
}

/** [batch, channels of `run`, height · scale, width · scale] of an input that is larger than a tile. */
export async function runInTiles(input: Tensor, tiling: Tiling): Promise<Tensor> {
  const [batch = 0, , height = 0, width = 0] = input.shape;
  const { tileSide, scale } = tiling;
  const seam = tileSide * OVERLAP * scale;
  let output: Tensor | undefined;
  for (const top of startsOf(height, tileSide)) {
    for (const left of startsOf(width, tileSide)) {
      const tile = await tiling.run(cut(input, { top, left, side: tileSide }));
      output ??= createZeros([batch, tile.shape[1] ?? 0, height * scale, width * scale]);
      paste(output, tile, { top: top * scale, left: left * scale, seam });
    }
  }
  if (output === undefined) throw new RangeError('an empty input has no tiles');
  return output;
}

/** Where tiles begin along a side: the last one reaches the end. */
function startsOf(length: number, tileSide: number): number[] {
  const step = tileSide * (1 - OVERLAP);
  const count = Math.max(1, Math.ceil((length - tileSide) / step) + 1);
  return Array.from({ length: count }, (_, index) => index * step);
}

function createZeros(shape: readonly number[]): Tensor {
  return { data: new Float32Array(shape.reduce((product, side) => product * side, 1)), shape };
}

/** The part of every plane that a tile covers, less at the right and lower edge. */
function cut(input: Tensor, { top, left, side }: { top: number; left: number; side: number }) {
  const [batch = 0, channels = 0, height = 0, width = 0] = input.shape;
  const tile = createZeros([
    batch,
    channels,
    Math.min(side, height - top),
    Math.min(side, width - left),
  ]);
  const [, , rows = 0, columns = 0] = tile.shape;
  for (let plane = 0; plane < batch * channels; plane++) {
    for (let row = 0; row < rows; row++) {
      const from = (plane * height + top + row) * width + left;
      tile.data.set(input.data.subarray(from, from + columns), (plane * rows + row) * columns);
    }
  }
  return tile;
}

/** Lays a tile over what is there; along its inner left and upper edge it comes up gradually. */
function paste(
  output: Tensor,
  tile: Tensor,
  { top, left, seam }: { top: number; left: number; seam: number },
): void {
  const [batch = 0, channels = 0, height = 0, width = 0] = output.shape;
  const [, , rows = 0, columns = 0] = tile.shape;
  const shareOf = (place: number, start: number) =>
    start === 0 ? 1 : Math.min(1, place / Math.min(seam, rows, columns));
  for (let plane = 0; plane < batch * channels; plane++) {
    for (let row = 0; row < rows; row++) {
      const vertical = shareOf(row, top);
      const to = (plane * height + top + row) * width + left;
      const from = (plane * rows + row) * columns;
      for (let column = 0; column < columns; column++) {
        const share = vertical * shareOf(column, left);
        const before = output.data[to + column] ?? 0;
        output.data[to + column] = before + share * ((tile.data[from + column] ?? 0) - before);
      }
    }
  }
}

/** A picture in tiles for a network that sees a little way around each pixel: which part of each counts. Pure. */
import type { Area } from '../editing/picture-area.ts';

export interface Tile {
  /** What the network is given; it may reach beyond the picture, whose edge is repeated there. */
  input: Area;
  /** What of it may be used: `input` without the margin that the network sees as an edge, inside the picture. */
  usable: Area;
}

/** Sides of what the network is given, in pixels of the small picture. */
export interface TileSize {
  widthPx: number;
  heightPx: number;
}

/** Wider than what most upscalers see around a pixel; a tile's edge is only zeros to them. */
export const MARGIN_PX = 12;
/** Of usable parts, what two neighbours have in common, to be faded. */
export const OVERLAP_PX = 8;

/** Tiles from left to right and top to bottom, all of one size. */
export function planTiles(
  { widthPx, heightPx }: { widthPx: number; heightPx: number },
  tile: TileSize,
): Tile[] {
  const columns = startsOf(widthPx, tile.widthPx);
  return startsOf(heightPx, tile.heightPx).flatMap((top) =>
    columns.map((left) => {
      const input = { left, top, right: left + tile.widthPx, bottom: top + tile.heightPx };
      const usable = {
        left: Math.max(0, left + MARGIN_PX),
        top: Math.max(0, top + MARGIN_PX),
        right: Math.min(widthPx, input.right - MARGIN_PX),
        bottom: Math.min(heightPx, input.bottom - MARGIN_PX),
      };
      return { input, usable };
    }),
  );
}

/** Where tiles begin along a side: the first a margin before it, the last so that its usable part reaches the end. */
function startsOf(length: number, side: number): number[] {
  const usable = side - 2 * MARGIN_PX;
  const count = Math.max(1, Math.ceil((length - OVERLAP_PX) / (usable - OVERLAP_PX)));
  const last = Math.max(0, length - usable);
  return Array.from({ length: count }, (_, index) =>
    count === 1 ? -MARGIN_PX : Math.round((index * last) / (count - 1)) - MARGIN_PX,
  );
}

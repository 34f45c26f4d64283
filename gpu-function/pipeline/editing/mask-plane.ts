/** Which pixels are drawn anew, and how a drawn part is faded in. Pure. */
import type { Area } from './picture-area.ts';

export interface MaskPlane {
  widthPx: number;
  heightPx: number;
  /** Row by row, 1 where it is drawn anew, else 0. */
  values: Uint8Array;
}

export function createMask(
  size: { widthPx: number; heightPx: number },
  isDrawn: (x: number, y: number) => boolean,
): MaskPlane {
  const { widthPx, heightPx } = size;
  const values = new Uint8Array(widthPx * heightPx);
  for (let y = 0; y < heightPx; y++) {
    for (let x = 0; x < widthPx; x++) values[y * widthPx + x] = isDrawn(x, y) ? 1 : 0;
  }
  return { widthPx, heightPx, values };
}

export function countDrawn({ values }: MaskPlane): number {
  return values.reduce((sum, value) => sum + value, 0);
}

/** The smallest rectangle around all that is drawn; undefined when nothing is. */
export function boundsOf(mask: MaskPlane): Area | undefined {
  const { widthPx, heightPx, values } = mask;
  const bounds: Area = { left: widthPx, top: heightPx, right: 0, bottom: 0 };
  for (let y = 0; y < heightPx; y++) {
    for (let x = 0; x < widthPx; x++) {
      if (values[y * widthPx + x] === 0) continue;
      bounds.left = Math.min(bounds.left, x);
      bounds.right = Math.max(bounds.right, x + 1);
      bounds.top = Math.min(bounds.top, y);
      bounds.bottom = y + 1;
    }
  }
  return bounds.right === 0 ? undefined : bounds;
}

/** The part of the mask inside the area, at another size (nearest pixel). */
export function cutMask(
  mask: MaskPlane,
  area: Area,
  size: { widthPx: number; heightPx: number } = {
    widthPx: area.right - area.left,
    heightPx: area.bottom - area.top,
  },
): MaskPlane {
  const scaleX = (area.right - area.left) / size.widthPx;
  const scaleY = (area.bottom - area.top) / size.heightPx;
  return createMask(size, (x, y) => {
    const sourceX = area.left + Math.floor((x + 0.5) * scaleX);
    const sourceY = area.top + Math.floor((y + 0.5) * scaleY);
    return mask.values[sourceY * mask.widthPx + sourceX] === 1;
  });
}

/**
 * One value a latent cell, 1 where it is drawn: that of the cell's first pixel, as diffusers shrinks a mask (torch's
 * nearest). A mask that hits no cell in this way takes every cell that it touches.
 */
export function toLatentMask(mask: MaskPlane, vaeFactor: number): Float32Array {
  const width = Math.floor(mask.widthPx / vaeFactor);
  const height = Math.floor(mask.heightPx / vaeFactor);
  const latentMask = new Float32Array(width * height);
  for (let cell = 0; cell < latentMask.length; cell++) {
    const x = (cell % width) * vaeFactor;
    const y = Math.floor(cell / width) * vaeFactor;
    latentMask[cell] = mask.values[y * mask.widthPx + x] ?? 0;
  }
  if (latentMask.some((value) => value === 1)) return latentMask;
  for (const [place, value] of mask.values.entries()) {
    const x = Math.floor((place % mask.widthPx) / vaeFactor);
    const y = Math.floor(Math.floor(place / mask.widthPx) / vaeFactor);
    if (value === 1 && x < width && y < height) latentMask[y * width + x] = 1;
  }
  return latentMask;
}

/** Opacity of the drawn picture: 0 outside the mask, rising over `featherPx` from its edge inwards to 1. */
export function fadeInwards(mask: MaskPlane, featherPx: number): Float32Array {
  const distances = distanceTo(mask, 0);
  return distances.map((distance) => (distance === 0 ? 0 : ramp(distance, featherPx)));
}

/** Opacity of the drawn picture: 1 inside the mask, falling over `featherPx` from its edge outwards to 0. */
export function fadeOutwards(mask: MaskPlane, featherPx: number): Float32Array {
  const distances = distanceTo(mask, 1);
  return distances.map((distance) =>
    distance > featherPx ? 0 : 1 - ramp(distance, featherPx) * (distance === 0 ? 0 : 1),
  );
}

/** 0..1 with no bend at either end; the first pixel of the way has a little of it already. */
function ramp(distancePx: number, featherPx: number): number {
  const share = Math.min(1, distancePx / (featherPx + 1));
  return share * share * (3 - 2 * share);
}

/** Far more than the diagonal of any picture, squared, and exact in float64. */
const FAR = 1e12;

/**
 * Distance in pixels from every pixel to the nearest one with the value; 0 on those. Exact and linear in the pixels:
 * Felzenszwalb and Huttenlocher, "Distance Transforms of Sampled Functions" (2012).
 */
function distanceTo({ widthPx, heightPx, values }: MaskPlane, value: 0 | 1): Float32Array {
  const squares = Float64Array.from(values, (found) => (found === value ? 0 : FAR));
  const column = new Float64Array(heightPx);
  for (let x = 0; x < widthPx; x++) {
    for (let y = 0; y < heightPx; y++) column[y] = squares[y * widthPx + x] ?? FAR;
    const lower = lowerEnvelope(column);
    for (let y = 0; y < heightPx; y++) squares[y * widthPx + x] = lower[y] ?? FAR;
  }
  for (let y = 0; y < heightPx; y++) {
    const row = squares.subarray(y * widthPx, (y + 1) * widthPx);
    row.set(lowerEnvelope(row));
  }
  return Float32Array.from(squares, Math.sqrt);
}

/** min over q of (p - q)² + heights[q], for every p. */
function lowerEnvelope(heights: Float64Array): Float64Array {
  const roots: number[] = [0];
  const starts: number[] = [-Infinity];
  const crossing = (q: number, r: number) =>
    ((heights[q] ?? 0) + q * q - ((heights[r] ?? 0) + r * r)) / (2 * (q - r));
  for (let q = 1; q < heights.length; q++) {
    let start = crossing(q, roots.at(-1) ?? 0);
    while (start <= (starts.at(-1) ?? -Infinity)) {
      roots.pop();
      starts.pop();
      start = crossing(q, roots.at(-1) ?? 0);
    }
    roots.push(q);
    starts.push(start);
  }
  let at = 0;
  return heights.map((_, p) => {
    while ((starts[at + 1] ?? Infinity) < p) at += 1;
    const root = roots[at] ?? 0;
    return (p - root) ** 2 + (heights[root] ?? 0);
  });
}

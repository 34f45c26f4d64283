/** Where on a canvas a model draws, when the canvas is not just what it can draw at once. Pure. */
import { boundsOf, type MaskPlane } from './mask-plane.ts';
import { heightOf, widthOf, type Area } from './picture-area.ts';

interface Size {
  widthPx: number;
  heightPx: number;
}

/** Of a window, what a neighbour covers again: enough for the second to continue the first. */
const OVERLAP_SHARE = 0.3;

/** The largest rectangle of the ratio that fits into the canvas; whole pixels, at least 1. */
export function largestOfRatio(ratio: Size, canvas: Size): Size {
  const scale = Math.min(canvas.widthPx / ratio.widthPx, canvas.heightPx / ratio.heightPx);
  return {
    widthPx: clamp(Math.round(ratio.widthPx * scale), 1, canvas.widthPx),
    heightPx: clamp(Math.round(ratio.heightPx * scale), 1, canvas.heightPx),
  };
}

/**
 * Windows of one size, inside the canvas, that together cover `wanted`, from left to right and top to bottom. One that
 * covers it alone lies as centred on it as the canvas lets it.
 */
export function coverWithWindows(wanted: Area, window: Size, canvas: Size): Area[] {
  const lefts = coverLine([wanted.left, wanted.right], window.widthPx, canvas.widthPx);
  const tops = coverLine([wanted.top, wanted.bottom], window.heightPx, canvas.heightPx);
  return tops.flatMap((top) =>
    lefts.map((left) => ({
      left,
      top,
      right: left + window.widthPx,
      bottom: top + window.heightPx,
    })),
  );
}

function coverLine([from, to]: readonly [number, number], length: number, end: number): number[] {
  const wanted = to - from;
  if (wanted <= length) {
    return [clamp(Math.round(from + wanted / 2 - length / 2), 0, end - length)];
  }
  const stride = length * (1 - OVERLAP_SHARE);
  const count = 1 + Math.ceil((wanted - length) / stride);
  return Array.from({ length: count }, (_, index) =>
    clamp(Math.round(from + (index * (wanted - length)) / (count - 1)), 0, end - length),
  );
}

/** Of a window, by how much the next one may be moved: a model that sees three quarters of a scene continues it well. */
const OUTWARD_STEP = 0.25;
/** Of a window, new pixels below which it is not worth a drawing of its own while there are others with more. */
const WORTHWHILE_SHARE = 0.1;

/**
 * Windows of one size that together cover the mask, from what is known outwards: each next one is the window that sees
 * most, among those that add enough.
 */
export function planOutwards(mask: MaskPlane, window: Size): Area[] {
  const remaining = { ...mask, values: mask.values.slice() };
  const bounds = boundsOf(mask);
  const windows: Area[] = [];
  if (bounds === undefined) return windows;
  const lefts = places(window.widthPx, mask.widthPx);
  const tops = places(window.heightPx, mask.heightPx);
  const candidates = tops.flatMap((top) => lefts.map((left) => toArea(left, top, window)));
  const enough = WORTHWHILE_SHARE * window.widthPx * window.heightPx;
  for (;;) {
    const counted = candidates
      .map((area) => ({ area, newPixels: countInside(remaining, area) }))
      .filter(({ newPixels }) => newPixels > 0);
    if (counted.length === 0) return windows;
    const worthwhile = counted.filter(({ newPixels }) => newPixels >= enough);
    const next =
      worthwhile.length > 0
        ? worthwhile.reduce((a, b) => (b.newPixels < a.newPixels ? b : a))
        : counted.reduce((a, b) => (b.newPixels > a.newPixels ? b : a));
    windows.push(next.area);
    clearInside(remaining, next.area);
  }
}

/** Where a window may begin along a line: every quarter of it, and at the line's end. */
function places(length: number, end: number): number[] {
  const stride = Math.max(1, Math.round(length * OUTWARD_STEP));
  const count = Math.ceil((end - length) / stride);
  return Array.from({ length: count + 1 }, (_, index) => Math.min(index * stride, end - length));
}

function toArea(left: number, top: number, { widthPx, heightPx }: Size): Area {
  return { left, top, right: left + widthPx, bottom: top + heightPx };
}

function countInside({ widthPx, values }: MaskPlane, area: Area): number {
  let count = 0;
  for (let y = area.top; y < area.bottom; y++) {
    const row = values.subarray(y * widthPx + area.left, y * widthPx + area.right);
    for (const value of row) count += value;
  }
  return count;
}

/** Marks the area as drawn, in place. */
export function clearInside({ widthPx, values }: MaskPlane, area: Area): void {
  for (let y = area.top; y < area.bottom; y++) {
    values.fill(0, y * widthPx + area.left, y * widthPx + area.right);
  }
}

/**
 * The rectangle with its surroundings, in the ratio in which it will be drawn, inside the canvas. It is widened to the
 * ratio and never cut: only a canvas that has no room makes it smaller than the ratio asks for.
 */
export function surround(wanted: Area, paddingPx: number, ratio: Size, canvas: Size): Area {
  const padded = {
    widthPx: widthOf(wanted) + 2 * paddingPx,
    heightPx: heightOf(wanted) + 2 * paddingPx,
  };
  const scale = Math.max(padded.widthPx / ratio.widthPx, padded.heightPx / ratio.heightPx);
  const most = largestOfRatio(ratio, canvas);
  const window = {
    widthPx: Math.min(Math.ceil(ratio.widthPx * scale), most.widthPx),
    heightPx: Math.min(Math.ceil(ratio.heightPx * scale), most.heightPx),
  };
  const [area] = coverWithWindows(centreOf(wanted), window, canvas);
  return area ?? { left: 0, top: 0, right: canvas.widthPx, bottom: canvas.heightPx };
}

/** The middle pixel, as an area. */
function centreOf(area: Area): Area {
  const x = Math.floor((area.left + area.right) / 2);
  const y = Math.floor((area.top + area.bottom) / 2);
  return { left: x, top: y, right: x, bottom: y };
}

function clamp(value: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, value));
}

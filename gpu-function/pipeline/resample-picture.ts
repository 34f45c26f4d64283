/**
 * Lanczos resampling exactly as Pillow does it on 8-bit pictures, for pictures that go into a network: the reference's
 * numbers for a start picture depend on every bit of it. Pictures for people are resampled by image-file.ts, faster.
 */
import type { PixelImage } from './pixels.ts';

/** Lobes of the window on either side. */
const LOBES = 3;
/** Pillow's fixed point: weights are whole multiples of 2^-22, and sums are rounded once for each direction. */
const WEIGHT_ONE = 2 ** 22;

/** What one output pixel is made of: source pixels from `start` on, each with its weight. */
interface Window {
  start: number;
  weights: readonly number[];
}

/** Rows first, then columns, rounded to bytes in between. Returns the picture itself where the size is right. */
export function resampleAsPillow(image: PixelImage, widthPx: number, heightPx: number): PixelImage {
  const wide = image.widthPx === widthPx ? image : resampleRows(image, widthPx);
  if (wide.heightPx === heightPx) return wide;
  return transpose(resampleRows(transpose(wide), heightPx));
}

/** Both sides down to a multiple, as the reference prepares a start picture. */
export function fitToMultiple(image: PixelImage, multiplePx: number): PixelImage {
  const down = (side: number) => side - (side % multiplePx);
  return resampleAsPillow(image, down(image.widthPx), down(image.heightPx));
}

function resampleRows(image: PixelImage, widthPx: number): PixelImage {
  const { channels, heightPx } = image;
  const windows = createWindows(image.widthPx, widthPx);
  // A clamped array would round to even; Pillow rounds half up, so the sum is floored first.
  const pixels = new Uint8ClampedArray(widthPx * heightPx * channels);
  for (let y = 0; y < heightPx; y++) {
    const row = image.pixels.subarray(y * image.widthPx * channels);
    for (const [x, window] of windows.entries()) {
      for (let channel = 0; channel < channels; channel++) {
        pixels[(y * widthPx + x) * channels + channel] = sumWindow(row, window, channels, channel);
      }
    }
  }
  return { pixels, widthPx, heightPx, channels };
}

function sumWindow(
  row: ArrayLike<number>,
  { start, weights }: Window,
  channels: number,
  channel: number,
): number {
  let sum = WEIGHT_ONE / 2;
  for (const [index, weight] of weights.entries()) {
    sum += weight * (row[(start + index) * channels + channel] ?? 0);
  }
  return Math.floor(sum / WEIGHT_ONE);
}

function createWindows(fromPx: number, toPx: number): Window[] {
  const scale = fromPx / toPx;
  const filterScale = Math.max(1, scale);
  const support = LOBES * filterScale;
  return Array.from({ length: toPx }, (_, index) => {
    const center = (index + 0.5) * scale;
    const start = Math.max(0, Math.trunc(center - support + 0.5));
    const end = Math.min(fromPx, Math.trunc(center + support + 0.5));
    const exact = Array.from({ length: end - start }, (_, offset) =>
      lanczos((start + offset - center + 0.5) / filterScale),
    );
    const total = exact.reduce((sum, weight) => sum + weight, 0);
    return { start, weights: exact.map((weight) => toFixedPoint(weight / total)) };
  });
}

function toFixedPoint(weight: number): number {
  return Math.trunc(weight * WEIGHT_ONE + (weight < 0 ? -0.5 : 0.5));
}

/** sinc(x) · sinc(x / 3) (Duchon 1979). */
function lanczos(x: number): number {
  if (x < -LOBES || x >= LOBES) return 0;
  return sinc(x) * sinc(x / LOBES);
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** Rows become columns. */
function transpose({ pixels, widthPx, heightPx, channels }: PixelImage): PixelImage {
  const turned = new Uint8ClampedArray(pixels.length);
  for (let y = 0; y < heightPx; y++) {
    for (let x = 0; x < widthPx; x++) {
      for (let channel = 0; channel < channels; channel++) {
        turned[(x * heightPx + y) * channels + channel] =
          pixels[(y * widthPx + x) * channels + channel] ?? 0;
      }
    }
  }
  return { pixels: turned, widthPx: heightPx, heightPx: widthPx, channels };
}

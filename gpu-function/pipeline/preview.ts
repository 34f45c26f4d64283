/**
 * What the pictures look like so far: the predicted x0 through a linear map to RGB, one pixel a latent cell, all pictures
 * of the job on one sheet, as a small PNG. Made of plain arithmetic, because it happens at every step.
 */
import type { Preview } from '#contract/job-event.ts';
import { toPngChunk, toPngFile } from '#contract/png-text.ts';
import { constants, deflateSync } from 'node:zlib';
import type { PixelImage } from './pixels.ts';
import type { PreviewMap } from './ports.ts';

/** Run lengths after the Up filter: three times as fast as a search for repeats and, on pictures this small, no larger. */
const DEFLATE_OPTIONS = { level: 1, strategy: constants.Z_RLE } as const;
const COLUMNS_MAX = 2;
/** PNG filter types. */
const FILTER_UP = 2;
/** Place of a sheet that has no picture: a grey that is quiet on dark and on light. */
const EMPTY_BYTE = 128;

/** A canvas that the latents are a part of. */
export interface PreviewFrame {
  /** RGB, all of one size; one for all pictures, or one for each. */
  backdrops: readonly PixelImage[];
  /** Where the latents' picture lies on it, in the backdrop's pixels. */
  place: { left: number; top: number; right: number; bottom: number };
}

/**
 * A painter for latents of one shape [count, channels, height, width]. It keeps its buffers from step to step; each
 * preview stands by itself. Without a frame one pixel is one latent cell.
 */
export function createPreviewPainter(
  map: PreviewMap,
  shape: readonly number[],
  frame?: PreviewFrame,
): (denoised: Float32Array) => Preview {
  const [count = 0, channels = 0, height = 0, width = 0] = shape;
  const columns = Math.min(COLUMNS_MAX, count);
  const picture = frame?.backdrops[0] ?? { widthPx: width, heightPx: height };
  const place = frame?.place ?? { left: 0, top: 0, right: width, bottom: height };
  const sheet = {
    widthPx: columns * picture.widthPx,
    heightPx: Math.ceil(count / columns) * picture.heightPx,
  };
  const pixels = new Uint8ClampedArray(sheet.widthPx * sheet.heightPx * 3).fill(EMPTY_BYTE);
  const plane = height * width;
  const rgb = [new Float32Array(plane), new Float32Array(plane), new Float32Array(plane)] as const;
  const topLeftOf = (index: number) =>
    Math.floor(index / columns) * picture.heightPx * sheet.widthPx +
    (index % columns) * picture.widthPx;

  for (let index = 0; index < count; index++) {
    const backdrop = frame?.backdrops[index] ?? frame?.backdrops[0];
    if (backdrop !== undefined) layBackdrop(pixels, sheet.widthPx, topLeftOf(index), backdrop);
  }

  function paintPicture(denoised: Float32Array, index: number): void {
    const first = index * channels * plane;
    for (const [colour, sums] of rgb.entries()) {
      sums.fill(map.bias[colour] ?? 0);
      for (let channel = 0; channel < channels; channel++) {
        const start = first + channel * plane;
        addScaled(sums, denoised.subarray(start, start + plane), map.factors[channel]?.[colour]);
      }
    }
    const topLeft = topLeftOf(index);
    const [placeWidth, placeHeight] = [place.right - place.left, place.bottom - place.top];
    for (let y = 0; y < placeHeight; y++) {
      const row = Math.floor((y * height) / placeHeight) * width;
      for (let x = 0; x < placeWidth; x++) {
        const cell = row + Math.floor((x * width) / placeWidth);
        const pixel = topLeft + (place.top + y) * sheet.widthPx + place.left + x;
        for (const [colour, sums] of rgb.entries()) {
          pixels[pixel * 3 + colour] = ((sums[cell] ?? 0) + 1) * 127.5;
        }
      }
    }
  }

  return (denoised) => {
    for (let index = 0; index < count; index++) paintPicture(denoised, index);
    const file = encodeSheet(pixels, sheet.widthPx, sheet.heightPx);
    return { mediaType: 'image/png', ...sheet, columns, base64: file.toString('base64') };
  };
}

function layBackdrop(
  sheet: Uint8ClampedArray,
  sheetWidthPx: number,
  topLeft: number,
  { pixels, widthPx, heightPx }: PixelImage,
): void {
  for (let y = 0; y < heightPx; y++) {
    const row = pixels.subarray(y * widthPx * 3, (y + 1) * widthPx * 3);
    sheet.set(row, (topLeft + y * sheetWidthPx) * 3);
  }
}

function addScaled(sums: Float32Array, values: Float32Array, factor = 0): void {
  for (let at = 0; at < sums.length; at++) sums[at] = (sums[at] ?? 0) + factor * (values[at] ?? 0);
}

/** 8-bit RGB rows as a PNG file (W3C PNG, sections 9 and 11.2.1). */
function encodeSheet(pixels: Uint8ClampedArray, widthPx: number, heightPx: number): Buffer {
  const rowBytes = widthPx * 3;
  const filtered = new Uint8Array(heightPx * (rowBytes + 1));
  for (let y = 0; y < heightPx; y++) {
    const start = y * (rowBytes + 1);
    filtered[start] = FILTER_UP;
    for (let x = 0; x < rowBytes; x++) {
      const above = y === 0 ? 0 : (pixels[(y - 1) * rowBytes + x] ?? 0);
      filtered[start + 1 + x] = (pixels[y * rowBytes + x] ?? 0) - above;
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(widthPx, 0);
  header.writeUInt32BE(heightPx, 4);
  // Bit depth 8, colour type 2 (RGB); compression, filter method and interlace stay 0.
  header.set([8, 2], 8);
  return toPngFile([
    toPngChunk('IHDR', header),
    toPngChunk('IDAT', deflateSync(filtered, DEFLATE_OPTIONS)),
  ]);
}

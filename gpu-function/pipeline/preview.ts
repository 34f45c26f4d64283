/**
 * What the pictures look like so far: the predicted x0 through a linear map to RGB, one pixel a latent cell, all pictures
 * of the job on one sheet, as a small PNG. Made of plain arithmetic, because it happens at every step.
 */
import type { Preview } from '#contract/job-event.ts';
import { toPngChunk, toPngFile } from '#contract/png-text.ts';
import { constants, deflateSync } from 'node:zlib';
import type { PreviewMap } from './ports.ts';

/** Run lengths after the Up filter: three times as fast as a search for repeats and, on pictures this small, no larger. */
const DEFLATE_OPTIONS = { level: 1, strategy: constants.Z_RLE } as const;
const COLUMNS_MAX = 2;
/** PNG filter types. */
const FILTER_UP = 2;
/** Place of a sheet that has no picture: a grey that is quiet on dark and on light. */
const EMPTY_BYTE = 128;

/**
 * A painter for latents of one shape [count, channels, height, width]. It keeps its buffers from step to step; each
 * preview stands by itself.
 */
export function createPreviewPainter(
  map: PreviewMap,
  shape: readonly number[],
): (denoised: Float32Array) => Preview {
  const [count = 0, channels = 0, height = 0, width = 0] = shape;
  const columns = Math.min(COLUMNS_MAX, count);
  const sheet = { widthPx: columns * width, heightPx: Math.ceil(count / columns) * height };
  const pixels = new Uint8ClampedArray(sheet.widthPx * sheet.heightPx * 3).fill(EMPTY_BYTE);
  const plane = height * width;
  const rgb = [new Float32Array(plane), new Float32Array(plane), new Float32Array(plane)] as const;

  function paintPicture(denoised: Float32Array, index: number): void {
    const first = index * channels * plane;
    for (const [colour, sums] of rgb.entries()) {
      sums.fill(map.bias[colour] ?? 0);
      for (let channel = 0; channel < channels; channel++) {
        const start = first + channel * plane;
        addScaled(sums, denoised.subarray(start, start + plane), map.factors[channel]?.[colour]);
      }
    }
    const topLeft =
      Math.floor(index / columns) * height * sheet.widthPx + (index % columns) * width;
    for (const [colour, sums] of rgb.entries()) {
      for (let cell = 0; cell < plane; cell++) {
        const row = Math.floor(cell / width);
        const pixel = topLeft + row * sheet.widthPx + (cell - row * width);
        pixels[pixel * 3 + colour] = ((sums[cell] ?? 0) + 1) * 127.5;
      }
    }
  }

  return (denoised) => {
    for (let index = 0; index < count; index++) paintPicture(denoised, index);
    const file = encodeSheet(pixels, sheet.widthPx, sheet.heightPx);
    return { mediaType: 'image/png', ...sheet, columns, base64: file.toString('base64') };
  };
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

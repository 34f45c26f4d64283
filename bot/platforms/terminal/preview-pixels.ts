/** The pixels of a preview: just enough of PNG (ISO/IEC 15948) for 8-bit RGB without interlacing. */
import { inflateSync } from 'node:zlib';
import type { Preview } from '#contract/job-event.ts';

export interface PreviewPixels {
  widthPx: number;
  heightPx: number;
  /** Rows of red, green, blue bytes. */
  rgb: Uint8Array;
}

const SIGNATURE_BYTES = 8;
const CHANNELS = 3;

function concatImageData(png: Buffer): Buffer {
  const parts: Buffer[] = [];
  let offset = SIGNATURE_BYTES;
  while (offset + 12 <= png.length) {
    const length = png.readUInt32BE(offset);
    const type = png.toString('latin1', offset + 4, offset + 8);
    if (type === 'IDAT') parts.push(png.subarray(offset + 8, offset + 8 + length));
    offset += length + 12;
  }
  return Buffer.concat(parts);
}

/** Which of the three neighbours is nearest to left + above − aboveLeft (PNG specification, 9.4). */
function paeth(left: number, above: number, aboveLeft: number): number {
  const estimate = left + above - aboveLeft;
  const distances = [
    Math.abs(estimate - left),
    Math.abs(estimate - above),
    Math.abs(estimate - aboveLeft),
  ] as const;
  if (distances[0] <= distances[1] && distances[0] <= distances[2]) return left;
  return distances[1] <= distances[2] ? above : aboveLeft;
}

function predictByte(filter: number, left: number, above: number, aboveLeft: number): number {
  if (filter === 1) return left;
  if (filter === 2) return above;
  if (filter === 3) return (left + above) >> 1;
  return filter === 4 ? paeth(left, above, aboveLeft) : 0;
}

function unfilter(raw: Buffer, widthPx: number, heightPx: number): Uint8Array {
  const stride = widthPx * CHANNELS;
  const rgb = new Uint8Array(stride * heightPx);
  for (let row = 0; row < heightPx; row += 1) {
    const filter = raw[row * (stride + 1)] ?? 0;
    for (let column = 0; column < stride; column += 1) {
      const target = row * stride + column;
      const left = column >= CHANNELS ? (rgb[target - CHANNELS] ?? 0) : 0;
      const above = row > 0 ? (rgb[target - stride] ?? 0) : 0;
      const aboveLeft = row > 0 && column >= CHANNELS ? (rgb[target - stride - CHANNELS] ?? 0) : 0;
      rgb[target] =
        (raw[row * (stride + 1) + 1 + column] ?? 0) + predictByte(filter, left, above, aboveLeft);
    }
  }
  return rgb;
}

/** Undefined when the preview is not a PNG of the kind the GPU function makes. */
export function decodePreview(preview: Preview): PreviewPixels | undefined {
  const png = Buffer.from(preview.base64, 'base64');
  const [bitDepth, colourType] = [png[24], png[25]];
  if (bitDepth !== 8 || colourType !== 2) return undefined;
  const { widthPx, heightPx } = preview;
  try {
    const raw = inflateSync(concatImageData(png), {
      maxOutputLength: (widthPx * CHANNELS + 1) * heightPx,
    });
    return { widthPx, heightPx, rgb: unfilter(raw, widthPx, heightPx) };
  } catch {
    return undefined;
  }
}

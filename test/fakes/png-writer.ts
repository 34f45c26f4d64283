/** Writes RGB pixels as a PNG file (W3C PNG, third edition), for pictures that a test makes up. */
import { crc32, deflateSync } from 'node:zlib';

export interface Pixels {
  widthPx: number;
  heightPx: number;
  /** Three bytes a pixel, row by row. */
  rgb: Uint8Array;
}

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}

export function toPng({ widthPx, heightPx, rgb }: Pixels): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(widthPx, 0);
  header.writeUInt32BE(heightPx, 4);
  // 8 bits a sample, colour type 2 (RGB), no interlacing.
  header.set([8, 2, 0, 0, 0], 8);
  const rows = Buffer.alloc(heightPx * (widthPx * 3 + 1));
  for (let y = 0; y < heightPx; y += 1) {
    rows.set(rgb.subarray(y * widthPx * 3, (y + 1) * widthPx * 3), y * (widthPx * 3 + 1) + 1);
  }
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', new Uint8Array()),
  ]);
}

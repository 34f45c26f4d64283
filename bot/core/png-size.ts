/** Width and height from a PNG file's header (W3C PNG, 11.2.1: the first chunk is IHDR). Nothing is decoded. */
import { isPng } from '#contract/png-text.ts';
import { CommandError } from './command-error.ts';

const HEADER_BYTES = 24;

/** Throws CommandError when the bytes are not the beginning of a PNG file. */
export function readPngSize(file: Uint8Array): { widthPx: number; heightPx: number } {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  const isHeader = isPng(file) && file.byteLength >= HEADER_BYTES;
  if (isHeader && bytes.toString('latin1', 12, 16) === 'IHDR') {
    const size = { widthPx: bytes.readUInt32BE(16), heightPx: bytes.readUInt32BE(20) };
    if (size.widthPx > 0 && size.heightPx > 0) return size;
  }
  throw new CommandError('The file is not a whole PNG picture; save it again and send that file.');
}

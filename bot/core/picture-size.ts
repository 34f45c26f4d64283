/** Width and height from the first bytes of a picture file. Nothing is decoded. */

export interface PictureSize {
  widthPx: number;
  heightPx: number;
}

/** Start-of-frame markers (ITU T.81, table B.1): all of C0 to CF but DHT, JPG and DAC. */
const isFrameMarker = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);

/** Undefined where the header is of another kind, such as AVIF's, or broken: the image function finds that out. */
export function readPictureSize(file: Uint8Array, mediaType: string): PictureSize | undefined {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  try {
    switch (mediaType) {
      case 'image/png':
        return { widthPx: bytes.readUInt32BE(16), heightPx: bytes.readUInt32BE(20) };
      case 'image/gif':
        return { widthPx: bytes.readUInt16LE(6), heightPx: bytes.readUInt16LE(8) };
      case 'image/jpeg':
        return readJpegSize(bytes);
      default:
        return undefined;
    }
  } catch (error) {
    // Read beyond the end of the file.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function readJpegSize(bytes: Buffer): PictureSize | undefined {
  for (let at = 2; bytes.readUInt8(at) === 0xff;) {
    const marker = bytes.readUInt8(at + 1);
    if (isFrameMarker(marker)) {
      return { widthPx: bytes.readUInt16BE(at + 7), heightPx: bytes.readUInt16BE(at + 5) };
    }
    // A marker may be preceded by any number of fill bytes.
    at += marker === 0xff ? 1 : 2 + bytes.readUInt16BE(at + 2);
  }
  return undefined;
}

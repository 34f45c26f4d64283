/** Pictures made ready for a platform: small enough, or large enough to be looked at. The core never decodes one itself. */

export interface EncodedPicture {
  bytes: Uint8Array;
  mediaType: 'image/png' | 'image/jpeg' | 'image/webp';
}

/** What the platform can show, best first. */
type SmallFormat = 'image/webp' | 'image/jpeg';

export interface PictureEncoder {
  /** A preview sheet enlarged smoothly to this many pixels on its longer side. */
  enlargePreview(png: Uint8Array, sidePx: number, format: SmallFormat): Promise<EncodedPicture>;
  /** The picture in at most this many bytes: lower quality first, then fewer pixels. Undefined when nothing fits. */
  shrinkPicture(
    png: Uint8Array,
    bytesMax: number,
    format: SmallFormat,
  ): Promise<EncodedPicture | undefined>;
}

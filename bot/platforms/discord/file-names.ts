/** Names of the files in messages: the name of a picture tells which one it is. */
import { parsePictureId, type PictureId } from '../../core/picture-id.ts';
import type { EncodedPicture } from '../../core/picture-encoder.ts';

const EXTENSIONS: Readonly<Record<EncodedPicture['mediaType'], string>> = {
  'image/png': 'png',
  'image/jpeg': 'jpg',
  'image/webp': 'webp',
};

export function toFileName(
  { jobId, index }: PictureId,
  mediaType: EncodedPicture['mediaType'],
): string {
  return `imagine-${jobId}-${index + 1}.${EXTENSIONS[mediaType]}`;
}

export const toPreviewName = (mediaType: EncodedPicture['mediaType']): string =>
  `preview.${EXTENSIONS[mediaType]}`;

/** Undefined for a file that the bot did not name. */
export function readFileName(filename: string): PictureId | undefined {
  const match = /^imagine-([A-Za-z0-9_-]+)-([1-9]\d?)\.(?:png|jpg|webp)$/.exec(filename);
  return match === null ? undefined : parsePictureId(`${match[1]}/${match[2]}`);
}

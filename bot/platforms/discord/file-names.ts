/** Names of the files in messages: the name of a picture tells which one it is. */
import type { CardImage } from '../../core/card.ts';
import { parsePictureId, type PictureId } from '../../core/picture-id.ts';
import type { EncodedPicture } from '../../core/picture-encoder.ts';

type MediaType = CardImage['mediaType'] | EncodedPicture['mediaType'];

const EXTENSIONS: Readonly<Record<MediaType, string>> = {
  'image/png': 'png',
  'image/jpeg': 'jpg',
  'image/webp': 'webp',
  'image/gif': 'gif',
};

export function toFileName({ jobId, index }: PictureId, mediaType: MediaType): string {
  return `imagine-${jobId}-${index + 1}.${EXTENSIONS[mediaType]}`;
}

export const toPreviewName = (mediaType: MediaType): string => `preview.${EXTENSIONS[mediaType]}`;

/** The picture above the buttons that choose a part of it: a copy for looking at. */
export const REGION_FILE = 'region.webp';

/** Undefined for a file that the bot did not name. */
export function readFileName(filename: string): PictureId | undefined {
  const match = /^imagine-([A-Za-z0-9_-]+)-([1-9]\d?)\.(?:png|jpg|webp|gif)$/.exec(filename);
  return match === null ? undefined : parsePictureId(`${match[1]}/${match[2]}`);
}

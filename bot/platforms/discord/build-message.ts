/** A card as a message with its files: pictures as they are where they fit, smaller where they do not. */
import type { Card, CardImage } from '../../core/card.ts';
import type { EncodedPicture, PictureEncoder } from '../../core/picture-encoder.ts';
import type { JobRecord, Logger } from '../../core/ports.ts';
import type { ApiFile } from './api.ts';
import { toFileName, toPreviewName } from './file-names.ts';
import { DISCORD_LIMITS } from './limits.ts';
import { renderCard, type MessageBody, type ShownFile } from './render.ts';

const FORMAT = 'image/webp';

export interface MessageParts {
  image: (jobId: string, index: number) => Promise<Uint8Array | undefined>;
  encoder: PictureEncoder;
  /** A link to the full file that ends after a while; none without a public address. */
  toLink?: ((jobId: string, index: number) => string) | undefined;
  logger: Logger;
}

export interface BuiltMessage {
  body: MessageBody & { attachments: { id: string; filename: string; description: string }[] };
  files: ApiFile[];
}

interface Shown {
  shown: ShownFile;
  file: ApiFile;
  isSmaller: boolean;
}

export async function buildMessage(
  record: JobRecord,
  card: Card,
  parts: MessageParts,
): Promise<BuiltMessage> {
  const { place } = record;
  const shown =
    card.images.length > 0
      ? await toPictures(card.images, place.attachmentBytesMax, parts)
      : await toPreview(card, parts);
  const { toLink } = parts;
  const isSmaller = shown.some((picture) => picture.isSmaller);
  const fullSizeUrls =
    toLink !== undefined && isSmaller
      ? card.images.map(({ jobId, index }) => toLink(jobId, index))
      : [];
  const files = shown.map((picture) => picture.shown);
  const body = renderCard(card, {
    files,
    fullSizeUrls,
    isSpoiler: card.isSpoiler === true,
    isPrivate: place.isPrivate === true,
  });
  const attachments = files.map(({ name, altText }, index) => ({
    id: String(index),
    filename: name,
    description: altText.slice(0, DISCORD_LIMITS.altTextCharacters),
  }));
  return { body: { ...body, attachments }, files: shown.map(({ file }) => file) };
}

async function toPictures(
  images: readonly CardImage[],
  attachmentBytesMax: number = DISCORD_LIMITS.attachmentBytes,
  parts: MessageParts,
): Promise<Shown[]> {
  const bytesMax = Math.min(
    attachmentBytesMax,
    Math.floor(DISCORD_LIMITS.requestBytes / images.length),
  );
  const all = await Promise.all(images.map((image) => toPicture(image, bytesMax, parts)));
  return all.filter((picture) => picture !== undefined);
}

/** Undefined for a picture that is no longer stored, or that cannot be made small enough. */
async function toPicture(
  { jobId, index, altText }: CardImage,
  bytesMax: number,
  { image, encoder, logger }: MessageParts,
): Promise<Shown | undefined> {
  const png = await image(jobId, index);
  if (png === undefined) return undefined;
  const isSmaller = png.byteLength > bytesMax;
  const picture = isSmaller
    ? await encoder.shrinkPicture(png, bytesMax, FORMAT)
    : ({ bytes: png, mediaType: 'image/png' } as const);
  if (picture === undefined) {
    logger.warn({ jobId, index, bytesMax }, 'a picture could not be made small enough');
    return undefined;
  }
  return toShown(picture, toFileName({ jobId, index }, picture.mediaType), altText, isSmaller);
}

/** A preview that cannot be read is left out: the words go on without it. */
async function toPreview(card: Card, { encoder, logger }: MessageParts): Promise<Shown[]> {
  const { preview, jobId } = card;
  if (preview === undefined) return [];
  try {
    const png = Buffer.from(preview.base64, 'base64');
    const picture = await encoder.enlargePreview(png, DISCORD_LIMITS.previewSidePx, FORMAT);
    const altText = `Preview, still noisy: ${card.title}`;
    return [toShown(picture, toPreviewName(picture.mediaType), altText, false)];
  } catch (error) {
    logger.warn({ jobId, err: error }, 'a preview could not be enlarged');
    return [];
  }
}

function toShown(
  { bytes, mediaType }: EncodedPicture,
  name: string,
  altText: string,
  isSmaller: boolean,
): Shown {
  return { shown: { name, altText }, file: { name, mediaType, bytes }, isSmaller };
}

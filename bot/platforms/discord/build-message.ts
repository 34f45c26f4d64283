/** A card as a message with its files: pictures as they are where they fit, smaller where they do not. */
import type { Card, CardImage } from '../../core/card.ts';
import type { PictureEncoder } from '../../core/picture-encoder.ts';
import type { JobRecord, Logger } from '../../core/ports.ts';
import type { Outcome } from '../../core/service.ts';
import type { ApiFile } from './api.ts';
import { REGION_FILE, toFileName, toPreviewName } from './file-names.ts';
import { DISCORD_LIMITS } from './limits.ts';
import {
  renderCard,
  renderNotice,
  renderRegion,
  type MessageBody,
  type ShownFile,
} from './render.ts';

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
  const isPrivate = place.isPrivate === true;
  const shown =
    card.images.length > 0
      ? await toPictures(card.images, place.attachmentBytesMax, parts)
      : await toPreview(card, place.isSpoiler === true, parts);
  const { toLink } = parts;
  const isSmaller = shown.some((picture) => picture.isSmaller);
  const files = shown.map((picture) => ({
    ...picture.shown,
    // Only the reader of a private message sees it anyway.
    isSpoiler: picture.shown.isSpoiler && !isPrivate,
  }));
  const body = renderCard(card, {
    files,
    fullSizeUrls:
      toLink !== undefined && isSmaller
        ? card.images.map(({ jobId, index }) => toLink(jobId, index))
        : [],
    missingPictures: card.images.length === 0 ? 0 : card.images.length - shown.length,
    isPrivate,
  });
  const attachments = files.map(({ name, altText }, index) => ({
    id: String(index),
    filename: name,
    description: altText.slice(0, DISCORD_LIMITS.altTextCharacters),
  }));
  return { body: { ...body, attachments }, files: shown.map(({ file }) => file) };
}

export type Region = Extract<Outcome, { kind: 'region' }>;

/** The picker of a picture's parts with a copy of the picture. One that is gone leaves the words. */
export async function buildRegion(region: Region, parts: MessageParts): Promise<BuiltMessage> {
  const { jobId, index, altText } = region.image;
  const stored = await parts.image(jobId, index);
  const copy =
    stored && (await parts.encoder.shrinkPicture(stored, DISCORD_LIMITS.regionBytes, FORMAT));
  if (copy === undefined) {
    const lines = ['The picture is no longer stored; press Edit on its card to draw it again.'];
    return { body: { ...renderNotice({ lines }), attachments: [] }, files: [] };
  }
  const attachment = { id: '0', filename: REGION_FILE, description: altText };
  const body = { ...renderRegion(region), attachments: [attachment] };
  return { body, files: [{ ...copy, name: REGION_FILE }] };
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
  card: CardImage,
  bytesMax: number,
  { image, encoder, logger }: MessageParts,
): Promise<Shown | undefined> {
  const { jobId, index } = card;
  const bytes = await image(jobId, index);
  if (bytes === undefined) return undefined;
  const isSmaller = bytes.byteLength > bytesMax;
  const picture = isSmaller
    ? await encoder.shrinkPicture(bytes, bytesMax, FORMAT).catch(() => undefined)
    : { bytes, mediaType: card.mediaType };
  if (picture === undefined) {
    logger.warn({ jobId, index, bytesMax }, 'a picture could not be made small enough');
    return undefined;
  }
  const name = toFileName({ jobId, index }, picture.mediaType);
  return { shown: { ...card, name }, file: { ...picture, name }, isSmaller };
}

/** A preview that cannot be read is left out: the words go on without it. */
async function toPreview(
  { preview, jobId, title }: Card,
  isSpoiler: boolean,
  { encoder, logger }: MessageParts,
): Promise<Shown[]> {
  if (preview === undefined) return [];
  try {
    const png = Buffer.from(preview.base64, 'base64');
    const picture = await encoder.enlargePreview(png, DISCORD_LIMITS.previewSidePx, FORMAT);
    const name = toPreviewName(picture.mediaType);
    const altText = `Preview, still noisy: ${title}`;
    return [{ shown: { name, altText, isSpoiler }, file: { ...picture, name }, isSmaller: false }];
  } catch (error) {
    logger.warn({ jobId, err: error }, 'a preview could not be enlarged');
    return [];
  }
}

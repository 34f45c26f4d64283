/** Files that people attach, kept beside the pictures of jobs: from then on they have an address like any picture. */
import { createHash } from 'node:crypto';
import { LIMITS } from '#contract/limits.ts';
import { CommandError } from './command-error.ts';
import { toJobId } from './job-id.ts';
import { sniffMediaType } from './media-type.ts';
import type { PictureId } from './picture-id.ts';
import { readPictureSize } from './picture-size.ts';
import type { ImageStore } from './ports.ts';
import type { Asker, Attachment } from './service.ts';

const BYTES_PER_MEBIBYTE = 1024 * 1024;

/**
 * The same file of the same person has the same address. Throws CommandError for what is too large or no picture; what
 * is in it is found out by the image function.
 */
export async function keepAttachment(
  { bytes, name, role }: Attachment,
  { user, place }: Asker,
  imageStore: ImageStore,
): Promise<PictureId> {
  const bytesMax = role === 'mask' ? LIMITS.maskBytes : LIMITS.imageBytes;
  const shown = name.length > 60 ? `${name.slice(0, 59)}…` : name;
  if (bytes.byteLength > bytesMax) {
    throw new CommandError(
      `${shown} is larger than ${bytesMax / BYTES_PER_MEBIBYTE} MiB; send a smaller file.`,
    );
  }
  const mediaType = sniffMediaType(bytes);
  if (mediaType === undefined) {
    throw new CommandError(`${shown} is no picture; send a PNG, JPEG, WebP, GIF or AVIF file.`);
  }
  refuseSize(bytes, mediaType, role);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const jobId = toJobId(place.platform, `picture ${user.id} ${sha256}`);
  await imageStore.put(jobId, 0, bytes);
  return { jobId, index: 0 };
}

/** In the image function's own sentences, and before anything waits for it. */
function refuseSize(bytes: Uint8Array, mediaType: string, role: Attachment['role']): void {
  const size = readPictureSize(bytes, mediaType);
  if (size === undefined) return;
  const { widthPx, heightPx } = size;
  if (widthPx * heightPx > LIMITS.sourcePixelsMax) {
    throw new CommandError(
      `The picture has too many pixels; send one of at most ${LIMITS.sourcePixelsMax / 2 ** 20} million.`,
    );
  }
  const sideMin = role === 'mask' ? 1 : LIMITS.sidePx.min;
  if (Math.min(widthPx, heightPx) < sideMin) {
    throw new CommandError(
      `The picture is ${widthPx}×${heightPx}; send one of at least ${sideMin} pixels a side.`,
    );
  }
  if (Math.max(widthPx, heightPx) > LIMITS.sourceSidePxMax) {
    throw new CommandError(
      `The picture is ${widthPx}×${heightPx}; send one of at most ${LIMITS.sourceSidePxMax} pixels a side.`,
    );
  }
}

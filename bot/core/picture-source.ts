/** Pictures in requests: a job keeps the address of a picture in the bot's store, never its bytes. */
import { GenerationError } from '#contract/generation-error.ts';
import type { GenerationRequest } from '#contract/generation-request.ts';
import { toJobImageKey, type ImageSource } from '#contract/image-source.ts';
import { LIMITS } from '#contract/limits.ts';
import { replaceImages } from '#contract/request-images.ts';
import { formatPictureId, type PictureId } from './picture-id.ts';
import type { ImageStore } from './ports.ts';

export function toSource({ jobId, index }: PictureId): ImageSource {
  return { kind: 'stored', key: toJobImageKey(jobId, index) };
}

/** Undefined for bytes, and for keys that are not of the bot's store. */
export function toPictureId(source: ImageSource): PictureId | undefined {
  if (source.kind !== 'stored') return undefined;
  const match = /^jobs\/([A-Za-z0-9_-]{1,64})\/images\/(\d{1,2})$/.exec(source.key);
  const [, jobId, index] = match ?? [];
  return jobId === undefined ? undefined : { jobId, index: Number(index) };
}

/**
 * The request with the bytes of its pictures, for an image function that cannot see the bot's store. Throws
 * GenerationError `image-unknown` for a picture that is no longer stored, `invalid-request` for one that is too large.
 */
export function withBytes(
  request: GenerationRequest,
  imageStore: ImageStore,
): Promise<GenerationRequest> {
  return replaceImages(request, async (source) => {
    const picture = toPictureId(source);
    if (picture === undefined) return source;
    const bytes = await imageStore.get(picture.jobId, picture.index);
    if (bytes === undefined) {
      throw new GenerationError(
        'image-unknown',
        `The picture ${formatPictureId(picture)} is no longer stored; draw it again from its command, or attach the file.`,
      );
    }
    if (bytes.byteLength > LIMITS.imageBytes) {
      throw new GenerationError(
        'invalid-request',
        `The picture ${formatPictureId(picture)} is larger than ${LIMITS.imageBytes / 1024 / 1024} MiB, which is too large to start from.`,
      );
    }
    return { kind: 'inline', base64: Buffer.from(bytes).toString('base64') };
  });
}

/** Replaces the keys of stored pictures in a job by their bytes: the engine is given all that it needs. */
import { GenerationError } from '#contract/generation-error.ts';
import { LIMITS } from '#contract/limits.ts';
import type { Job } from '#contract/job.ts';
import { replaceImages } from '#contract/request-images.ts';

/** The file under a key of the function's own store; undefined when there is none. */
export type ReadImage = (key: string) => Promise<Uint8Array | undefined> | Uint8Array | undefined;

/** Throws GenerationError `image-unknown` or `image-unreadable` that names the key. */
export async function fetchImages(job: Job, readImage: ReadImage | undefined): Promise<Job> {
  const request = await replaceImages(job.request, async (image) => {
    if (image.kind === 'inline') return image;
    const file = await readImage?.(image.key);
    if (file === undefined) {
      throw new GenerationError(
        'image-unknown',
        `There is no picture ${image.key} here (any more); send the picture itself.`,
      );
    }
    if (file.byteLength > LIMITS.imageBytes) {
      throw new GenerationError(
        'image-unreadable',
        `The picture ${image.key} has ${file.byteLength} bytes; send one of at most ${LIMITS.imageBytes}.`,
      );
    }
    return { kind: 'inline', base64: Buffer.from(file).toString('base64') };
  });
  return { ...job, request };
}

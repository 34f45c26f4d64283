/** Brings a job's pictures from the image function into the bot's own store, before anybody is told of them. */
import type { GenerationResult } from '#contract/generation-result.ts';
import type { JobId } from '#contract/job.ts';
import type { Backend, ImageStore } from './ports.ts';
import { toStorageError } from './user-message.ts';

/**
 * Throws GenerationError: `storage-failed` when the store refuses, otherwise what the backend threw. Repeating it
 * writes the same files again.
 */
export async function keepPictures(
  jobId: JobId,
  result: GenerationResult,
  { backend, imageStore }: { backend: Backend; imageStore: ImageStore },
): Promise<void> {
  const { images, clip } = result;
  for (const { index } of clip === undefined ? images : [...images, clip]) {
    const png = await backend.image(jobId, index);
    try {
      await imageStore.put(jobId, index, png);
    } catch (error) {
      throw toStorageError(error);
    }
  }
}

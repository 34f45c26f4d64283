/** Pictures as objects in S3: images/<jobId>/<index>.png. A rule of the bucket removes old ones. */
import type { JobBucket } from '../../gpu-function/cloud/job-bucket.ts';
import { jobIdSchema, type JobId } from '#contract/job.ts';
import type { ImageStore } from '../core/ports.ts';

const INDEX_MAX = 99;

export function createS3ImageStore(
  bucket: Pick<JobBucket, 'putPicture' | 'getPicture' | 'deletePictures'>,
): ImageStore {
  return {
    async put(jobId, index, png) {
      if (!isPicture(jobId, index)) throw new RangeError(`no picture can be ${index} of ${jobId}`);
      await bucket.putPicture(jobId, index, Uint8Array.from(png));
    },
    async get(jobId, index) {
      return isPicture(jobId, index) ? bucket.getPicture(jobId, index) : undefined;
    },
    async delete(jobId) {
      if (isPicture(jobId, 0)) await bucket.deletePictures(jobId);
    },
  };
}

/** Ids come from outside: what is not an id must never become a key. */
function isPicture(jobId: JobId, index: number): boolean {
  const isIndex = Number.isInteger(index) && index >= 0 && index <= INDEX_MAX;
  return isIndex && jobIdSchema.safeParse(jobId).success;
}

/** The id of one picture as people type it, the same on all platforms: `k7m2q9x4tbn8w3d5/2`. */
import { jobIdSchema, type JobId } from '#contract/job.ts';

export interface PictureId {
  jobId: JobId;
  /** 0-based. */
  index: number;
}

/** Pictures are counted from 1, as on the buttons. */
export function formatPictureId({ jobId, index }: PictureId): string {
  return `${jobId}/${index + 1}`;
}

/** Forgives blanks and a leading #; without a number it is the first picture. Undefined when it is none. */
export function parsePictureId(text: string): PictureId | undefined {
  const match = /^#?([A-Za-z0-9_-]{1,64})(?:\/([1-9]\d?))?$/.exec(text.trim());
  const [, jobId, number = '1'] = match ?? [];
  if (jobId === undefined || !jobIdSchema.safeParse(jobId).success) return undefined;
  return { jobId, index: Number(number) - 1 };
}

/** Finished files as the result's descriptions. */
import type { ClipFormat } from '#contract/generation-request.ts';
import type { ImageDescription } from '#contract/generation-result.ts';
import { createHash } from 'node:crypto';

interface DescribeOptions {
  /** Left out where pictures have no seed. */
  seedOf?: (index: number) => number;
  /** PNG when left out. */
  format?: 'png' | ClipFormat | undefined;
  /** Index of the first. */
  firstIndex?: number;
}

/** One description a file, in order. */
export function describeImages(
  files: readonly Uint8Array[],
  size: { widthPx: number; heightPx: number },
  { seedOf, format = 'png', firstIndex = 0 }: DescribeOptions = {},
): ImageDescription[] {
  return files.map((file, index) => ({
    index: firstIndex + index,
    seed: seedOf?.(index),
    widthPx: size.widthPx,
    heightPx: size.heightPx,
    mediaType: `image/${format}` as const,
    sizeBytes: file.length,
    sha256: createHash('sha256').update(file).digest('hex'),
  }));
}

/** Hundredths of a millisecond are more than any timing here means. */
export function roundMs(ms: number): number {
  return Math.round(ms * 100) / 100;
}

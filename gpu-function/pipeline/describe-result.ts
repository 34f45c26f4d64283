/** Finished files as the result's descriptions. */
import type { ImageDescription } from '#contract/generation-result.ts';
import { createHash } from 'node:crypto';

/** One description a file, in order; `seedOf` is left out where pictures have no seed. */
export function describeImages(
  files: readonly Uint8Array[],
  size: { widthPx: number; heightPx: number },
  seedOf?: (index: number) => number,
): ImageDescription[] {
  return files.map((file, index) => ({
    index,
    seed: seedOf?.(index),
    widthPx: size.widthPx,
    heightPx: size.heightPx,
    mediaType: 'image/png',
    sizeBytes: file.length,
    sha256: createHash('sha256').update(file).digest('hex'),
  }));
}

/** Hundredths of a millisecond are more than any timing here means. */
export function roundMs(ms: number): number {
  return Math.round(ms * 100) / 100;
}

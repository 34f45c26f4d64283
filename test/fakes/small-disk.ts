/** A real file system that is really full after a few kilobytes: a tmpfs, where the test may mount one. */
import { spawnSync } from 'node:child_process';
import type { TestContext } from 'vitest';
import { makeTemporaryFolder } from './temporary-folder.ts';

export async function withSmallDisk(
  context: TestContext,
  kilobytes: number,
  use: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = makeTemporaryFolder();
  const size = `size=${kilobytes}k`;
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', size, 'tmpfs', folder]);
  if (mounted.status !== 0) context.skip('only root may mount a small disk');
  try {
    await use(folder);
  } finally {
    spawnSync('umount', ['-l', folder]);
  }
}

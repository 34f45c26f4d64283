/** Where the pictures of one command go, and putting them there whole or not at all. */
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, parse } from 'node:path';

/** `a red apple --seed 7` → `a-red-apple`: at most 48 characters that every file system takes. */
function toFileStem(title: string): string {
  const stem = title
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 48)
    .replaceAll(/^-+|-+$/g, '');
  return stem === '' ? 'picture' : stem;
}

/** One path a picture: `apple.png`, or `apple-1.png`, `apple-2.png` … when there are several. */
export function planPaths(outPath: string | undefined, title: string, count: number): string[] {
  const isFolder = outPath !== undefined && /[/\\]$/.test(outPath);
  const target =
    outPath === undefined || isFolder ? join(outPath ?? '.', `${toFileStem(title)}.png`) : outPath;
  const { dir, name, ext } = parse(target);
  return Array.from({ length: count }, (_, index) =>
    join(dir, `${name}${count > 1 ? `-${index + 1}` : ''}${ext === '' ? '.png' : ext}`),
  );
}

/** Writes beside the target and renames, so that a full disk or a Ctrl-C leaves no half a picture. */
export async function writePicture(path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const unfinished = `${path}.${process.pid}.part`;
  try {
    await writeFile(unfinished, bytes);
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}

/** Where the pictures of one command go, and putting them there whole or not at all. */
import { access, constants, rename, rm, stat, writeFile } from 'node:fs/promises';
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

function isFolder(outPath: string): boolean {
  return /[/\\]$/.test(outPath);
}

/** One sentence when nothing can be put there, asked before the drawing and not after it. */
export async function findPathProblem(outPath: string | undefined): Promise<string | undefined> {
  const folder = outPath === undefined ? '.' : isFolder(outPath) ? outPath : dirname(outPath);
  try {
    await access(folder, constants.W_OK);
    const isTaken = outPath !== undefined && !isFolder(outPath) && (await isDirectory(outPath));
    return isTaken
      ? `--out ${outPath} is a folder; write ${outPath}/ to put pictures into it.`
      : undefined;
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : 'unknown';
    const reason =
      code === 'ENOENT' ? 'does not exist; make it first' : `cannot be written (${code})`;
    return `The folder ${folder} ${reason}, or choose another place with --out.`;
  }
}

async function isDirectory(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isDirectory() ?? false;
}

/** `image/webp` → `.webp` */
export function toEnding(mediaType: string): string {
  return `.${mediaType.replace('image/', '')}`;
}

export interface PlannedPictures {
  title: string;
  count: number;
  /** With its dot, where the person chose none. */
  ending: string;
}

/** One path a picture: `apple.png`, or `apple-1.png`, `apple-2.png` … when there are several. */
export function planPaths(
  outPath: string | undefined,
  { title, count, ending }: PlannedPictures,
): string[] {
  const target =
    outPath === undefined || isFolder(outPath)
      ? join(outPath ?? '.', `${toFileStem(title)}${ending}`)
      : outPath;
  const { dir, name, ext } = parse(target);
  return Array.from({ length: count }, (_, index) =>
    join(dir, `${name}${count > 1 ? `-${index + 1}` : ''}${ext === '' ? ending : ext}`),
  );
}

/**
 * Writes beside the target and renames, so that a full disk or a Ctrl-C leaves no half a picture.
 * Throws the file system's error; a folder that does not exist is not made.
 */
export async function writePicture(path: string, bytes: Uint8Array): Promise<void> {
  const unfinished = `${path}.${process.pid}.part`;
  try {
    await writeFile(unfinished, bytes);
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}

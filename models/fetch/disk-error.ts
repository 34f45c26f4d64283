/** What the file system refuses, as a sentence. */
import { statfs } from 'node:fs/promises';
import { FetchError } from './byte-source.ts';

/** Left free beside what is fetched, for journals and for whatever else the machine does. */
const RESERVE_BYTES = 64 * 1024 * 1024;

const SENTENCES: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full; make room and run the same command again, it goes on where it stopped',
  EDQUOT: 'the disk quota is used up; make room and run the same command again',
  EACCES: 'it may not be written; check the permissions, or choose another folder with MODEL_DIR',
  EPERM: 'it may not be written; check the permissions, or choose another folder with MODEL_DIR',
  EROFS: 'the disk is read-only; choose another folder with MODEL_DIR',
  EIO: 'the disk reports an error; check it, or choose another folder with MODEL_DIR',
};

/** A FetchError for what the file system says; anything else unchanged. */
export function toDiskError(error: unknown, what: string): unknown {
  const { code } = error as NodeJS.ErrnoException;
  const sentence = code === undefined ? undefined : SENTENCES[code];
  if (sentence === undefined) return error;
  return new FetchError(`${what} cannot be stored: ${sentence}.`, { cause: error });
}

/** Throws a FetchError when the disk that holds the folder has no room for so many bytes more. */
export async function checkFreeSpace(folder: string, neededBytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const freeBytes = bavail * bsize;
  if (neededBytes + RESERVE_BYTES <= freeBytes) return;
  throw new FetchError(
    `${formatBytes(neededBytes)} are to be fetched and the disk has ${formatBytes(freeBytes)} free; make room, or choose another folder with MODEL_DIR.`,
  );
}

/** 1,720,000,000 → "1.72 GB". */
export function formatBytes(bytes: number): string {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(2)} GB`;
  if (bytes >= 1e6) return `${(bytes / 1e6).toFixed(1)} MB`;
  if (bytes >= 1e3) return `${(bytes / 1e3).toFixed(1)} kB`;
  return `${bytes} bytes`;
}

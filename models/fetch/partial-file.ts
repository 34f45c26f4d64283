/**
 * A file that arrives in parts, some at the same time, perhaps over several days: beside it lies a journal of how far each
 * part is, so that a run that was cut, killed or out of disk goes on where it stopped.
 */
import { existsSync } from 'node:fs';
import { mkdir, open, readFile, rename, rm, writeFile, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as z from 'zod';
import { FetchError, type ByteRange, type RemoteFile } from './byte-source.ts';

/** Bytes that a killed run may have to fetch again, for each part. */
const JOURNAL_EVERY_BYTES = 8 * 1024 * 1024;

const journalSchema = z.strictObject({
  sizeBytes: z.int().min(0),
  checksum: z.string(),
  partBytes: z.int().min(1),
  /** Bytes that each part has, from its start. */
  doneBytes: z.array(z.int().min(0)),
});
type Journal = z.infer<typeof journalSchema>;

export interface PartialFile {
  readonly partCount: number;
  /** What the part still needs; start equals end when it is whole. */
  missing(part: number): ByteRange;
  /** Appends to the part. Throws a FetchError for more bytes than it has room for. */
  append(part: number, bytes: Uint8Array): Promise<void>;
  /** Bytes on disk. */
  doneBytes(): number;
  /** Puts everything on disk, the journal last, and closes. */
  close(): Promise<void>;
}

export const partialPath = (folder: string, { path }: RemoteFile) =>
  join(folder, `${path}.partial`);
const journalPath = (folder: string, { path }: RemoteFile) => join(folder, `${path}.partial.json`);

/** Opens what an earlier run left of this very file, or begins anew. */
export async function openPartialFile(
  folder: string,
  file: RemoteFile,
  partBytes: number,
): Promise<PartialFile> {
  const path = partialPath(folder, file);
  await mkdir(dirname(path), { recursive: true });
  const fresh = createJournal(file, partBytes);
  const kept = await readJournal(journalPath(folder, file), fresh);
  const handle = await openHandle(path, kept !== undefined);
  const journal = handle.isKept ? (kept ?? fresh) : fresh;
  return createPartialFile(handle.file, journal, journalPath(folder, file));
}

/** Makes the whole file out of its parts: the caller has checked it. */
export async function finishPartialFile(folder: string, file: RemoteFile): Promise<void> {
  await rename(partialPath(folder, file), join(folder, file.path));
  await rm(journalPath(folder, file), { force: true });
}

export async function discardPartialFile(folder: string, file: RemoteFile): Promise<void> {
  await rm(journalPath(folder, file), { force: true });
  await rm(partialPath(folder, file), { force: true });
}

/** Bytes that an earlier run left of this file. */
export async function countKeptBytes(
  folder: string,
  file: RemoteFile,
  partBytes: number,
): Promise<number> {
  const path = journalPath(folder, file);
  // Not even laid out before it is known that there is one: a list may state any length.
  if (!existsSync(path)) return 0;
  const kept = await readJournal(path, createJournal(file, partBytes));
  return kept === undefined ? 0 : sum(kept.doneBytes);
}

function createJournal(file: RemoteFile, partBytes: number): Journal {
  const { sizeBytes, checksum } = file;
  return {
    sizeBytes,
    checksum: checksum?.hex ?? '',
    partBytes,
    doneBytes: Array.from({ length: Math.ceil(sizeBytes / partBytes) }, () => 0),
  };
}

/** Undefined unless it speaks of the same bytes in the same parts. */
async function readJournal(path: string, wanted: Journal): Promise<Journal | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    return undefined;
  }
  const parsed = journalSchema.safeParse(content);
  if (!parsed.success) return undefined;
  const journal = parsed.data;
  const isSame =
    journal.sizeBytes === wanted.sizeBytes &&
    journal.checksum === wanted.checksum &&
    journal.partBytes === wanted.partBytes &&
    journal.doneBytes.length === wanted.doneBytes.length &&
    journal.doneBytes.every((done, part) => done <= lengthOf(part, wanted));
  return isSame ? journal : undefined;
}

async function openHandle(
  path: string,
  hasJournal: boolean,
): Promise<{ file: FileHandle; isKept: boolean }> {
  if (hasJournal) {
    const file = await open(path, 'r+').catch(() => undefined);
    if (file !== undefined) return { file, isKept: true };
  }
  return { file: await open(path, 'w'), isKept: false };
}

const lengthOf = (part: number, { partBytes, sizeBytes }: Journal) =>
  Math.min(partBytes, sizeBytes - part * partBytes);
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

function createPartialFile(handle: FileHandle, journal: Journal, path: string): PartialFile {
  const { doneBytes, partBytes } = journal;
  let unsavedBytes = 0;
  let saving: Promise<void> = Promise.resolve();

  const save = () => {
    unsavedBytes = 0;
    saving = saving.then(() => replaceFile(path, JSON.stringify(journal)));
    return saving;
  };

  return {
    partCount: doneBytes.length,
    missing: (part) => ({
      start: part * partBytes + (doneBytes[part] ?? 0),
      end: part * partBytes + lengthOf(part, journal),
    }),
    async append(part, bytes) {
      const done = doneBytes[part] ?? 0;
      if (done + bytes.byteLength > lengthOf(part, journal)) {
        throw new FetchError('more bytes came than were asked for');
      }
      await writeFully(handle, bytes, part * partBytes + done);
      doneBytes[part] = done + bytes.byteLength;
      unsavedBytes += bytes.byteLength;
      if (unsavedBytes >= JOURNAL_EVERY_BYTES) await save();
    },
    doneBytes: () => sum(doneBytes),
    async close() {
      try {
        // Once, and not at every journal: what a power cut takes after all, the checksum misses.
        await handle.datasync();
        await save();
      } finally {
        await handle.close();
      }
    },
  };
}

/** At once, so that a kill leaves the old or the new one; on a full disk in the room that the old one has. */
async function replaceFile(path: string, text: string): Promise<void> {
  try {
    await writeFile(`${path}.new`, text);
    await rename(`${path}.new`, path);
  } catch (error) {
    await rm(`${path}.new`, { force: true });
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    await writeFile(path, text);
  }
}

/** A full disk may take the first half of a piece and refuse the second. */
async function writeFully(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  let written = 0;
  while (written < bytes.byteLength) {
    const { bytesWritten } = await handle.write(bytes, written, undefined, position + written);
    written += bytesWritten;
  }
}

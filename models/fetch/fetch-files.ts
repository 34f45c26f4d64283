/** Fetches files over several connections, goes on after cuts, and lets nothing through that is not as its source lists it. */
import { mkdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import pLimit, { type LimitFunction } from 'p-limit';
import { isPlainPath, type PackageFile } from '../manifest.ts';
import { FetchError, type ByteSource, type RemoteFile } from './byte-source.ts';
import { digestFile } from './checksum.ts';
import { checkFreeSpace, toDiskError } from './disk-error.ts';
import {
  countKeptBytes,
  discardPartialFile,
  finishPartialFile,
  openPartialFile,
  partialPath,
  type PartialFile,
} from './partial-file.ts';
import { RETRY_POLICY, waitBeforeRetry, type RetryPolicy } from './retry.ts';

/** Large enough that starting a request costs nothing, small enough that several connections share one file. */
const PART_BYTES = 32 * 1024 * 1024;
/** Cuts that bring at least this much are no sign that it will never end. */
const PROGRESS_BYTES = 1024 * 1024;
const CONNECTIONS = 4;
/** A file that arrives whole and wrong may have met a bad cache on the way; twice is no accident. */
const CORRUPT_MAX = 2;

export interface FetchProgress {
  /** Bytes on disk, those of earlier runs included. */
  onBytes?(doneBytes: number): void;
  onFileDone?(file: PackageFile): void;
}

export interface FetchFilesOptions extends FetchProgress {
  source: ByteSource;
  files: readonly RemoteFile[];
  /** Made when it is not there. What an earlier run left in it is used. */
  folder: string;
  signal: AbortSignal;
  connections?: number;
  partBytes?: number;
  retry?: RetryPolicy;
}

interface Context extends Required<Omit<FetchFilesOptions, 'files' | keyof FetchProgress>> {
  limit: LimitFunction;
  /** Stops everything that is under way: one missing file spoils the package. */
  fail(error: unknown): void;
  progress: FetchProgress & { done: Map<string, number> };
}

/**
 * Resolves with path, length and sha256 of every file when all are in the folder, checked. Throws a FetchError with one
 * sentence, or the signal's reason; then what arrived stays, and the next call goes on from there.
 */
export async function fetchFiles(options: FetchFilesOptions): Promise<PackageFile[]> {
  const { files, folder, connections = CONNECTIONS, partBytes = PART_BYTES } = options;
  checkPaths(files);
  const failed = new AbortController();
  const context: Context = {
    source: options.source,
    folder,
    connections,
    partBytes,
    retry: options.retry ?? RETRY_POLICY,
    signal: AbortSignal.any([options.signal, failed.signal]),
    limit: pLimit(connections),
    fail: (error) => void (failed.signal.aborted || failed.abort(error)),
    progress: { ...options, done: new Map() },
  };
  await prepareFolder(folder, files, partBytes);
  const settled = await Promise.allSettled(files.map((file) => fetchFile(file, context)));
  options.signal.throwIfAborted();
  if (failed.signal.aborted) throw failed.signal.reason;
  return settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
}

function checkPaths(files: readonly RemoteFile[]): void {
  const seen = new Set<string>();
  for (const { path } of files) {
    // Two names that some file systems hold to be one would overwrite each other.
    const key = path.toLowerCase();
    if (!isPlainPath(path) || seen.has(key)) {
      throw new FetchError(
        `The source lists a file ${JSON.stringify(path.slice(0, 100))}, which is no plain path below the package; it is not fetched.`,
      );
    }
    seen.add(key);
  }
}

async function prepareFolder(
  folder: string,
  files: readonly RemoteFile[],
  partBytes: number,
): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    throw toDiskError(error, 'The package');
  }
  let neededBytes = 0;
  for (const file of files) {
    const isThere = await hasLength(join(folder, file.path), file.sizeBytes);
    if (!isThere) neededBytes += file.sizeBytes - (await countKeptBytes(folder, file, partBytes));
  }
  await checkFreeSpace(folder, neededBytes);
}

async function hasLength(path: string, sizeBytes: number): Promise<boolean> {
  const facts = await stat(path).catch(() => undefined);
  return facts?.isFile() === true && facts.size === sizeBytes;
}

async function fetchFile(file: RemoteFile, context: Context): Promise<PackageFile> {
  const { folder, signal, limit } = context;
  try {
    const kept = await limit(() => takeFinished(file, context));
    if (kept !== undefined) return note(kept, context);
    for (let corrupt = 1; ; corrupt += 1) {
      await fetchParts(file, context);
      const found = await limit(() => digestFile(partialPath(folder, file), file.checksum, signal));
      if (found.isAsExpected) {
        await finishPartialFile(folder, file);
        return note({ path: file.path, sizeBytes: file.sizeBytes, sha256: found.sha256 }, context);
      }
      await discardPartialFile(folder, file);
      if (corrupt === CORRUPT_MAX) throw toCorruptError(file);
    }
  } catch (error) {
    const failure = toDiskError(error, file.path);
    context.fail(failure);
    throw failure;
  }
}

function note(fetched: PackageFile, { progress }: Context): PackageFile {
  reportBytes(fetched.path, fetched.sizeBytes, progress);
  progress.onFileDone?.(fetched);
  return fetched;
}

function reportBytes(path: string, doneBytes: number, progress: Context['progress']): void {
  progress.done.set(path, doneBytes);
  progress.onBytes?.([...progress.done.values()].reduce((sum, bytes) => sum + bytes, 0));
}

/** What an earlier run fetched whole; checked again, for it may have lain there for long. */
async function takeFinished(
  file: RemoteFile,
  { folder, signal }: Context,
): Promise<PackageFile | undefined> {
  signal.throwIfAborted();
  const path = join(folder, file.path);
  if (!(await hasLength(path, file.sizeBytes)) || file.checksum === undefined) return undefined;
  const { sha256, isAsExpected } = await digestFile(path, file.checksum, signal);
  if (isAsExpected) return { path: file.path, sizeBytes: file.sizeBytes, sha256 };
  await rm(path);
  return undefined;
}

function toCorruptError({ path, checksum }: RemoteFile): FetchError {
  return new FetchError(
    `${path} arrived with other content than its source states (${checksum?.algorithm} should be ${checksum?.hex.slice(0, 12)}…), ${CORRUPT_MAX} times; run the same command again later, or tell whoever keeps the source.`,
  );
}

async function fetchParts(file: RemoteFile, context: Context): Promise<void> {
  const { folder, partBytes, limit } = context;
  await mkdir(dirname(partialPath(folder, file)), { recursive: true });
  const partial = await openPartialFile(folder, file, partBytes);
  try {
    const parts = Array.from({ length: partial.partCount }, (_, part) => part);
    const fetching = parts.map((part) =>
      limit(() => fetchPart(file, { partial, part }, context)).catch((error: unknown) => {
        const failure = toDiskError(error, file.path);
        context.fail(failure);
        throw failure;
      }),
    );
    const settled = await Promise.allSettled(fetching);
    const failure = settled.find((one) => one.status === 'rejected');
    if (failure !== undefined) throw failure.reason;
  } finally {
    await partial.close();
  }
}

async function fetchPart(
  file: RemoteFile,
  { partial, part }: { partial: PartialFile; part: number },
  context: Context,
): Promise<void> {
  const { source, signal, retry: policy, progress } = context;
  let failures = 0;
  for (;;) {
    signal.throwIfAborted();
    const range = partial.missing(part);
    if (range.start === range.end) return;
    let failure: unknown = new FetchError(
      `${file.path} was cut on the way; run the same command again, it goes on where it stopped.`,
      { isRetryable: true },
    );
    try {
      for await (const bytes of source.read(file, range, signal)) {
        await partial.append(part, bytes);
        reportBytes(file.path, partial.doneBytes(), progress);
      }
    } catch (error) {
      failure = error;
    }
    const { start } = partial.missing(part);
    if (start === range.end) return;
    failures = start - range.start >= PROGRESS_BYTES ? 1 : failures + 1;
    await waitBeforeRetry(failure, failures, { policy, signal });
  }
}

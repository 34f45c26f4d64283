/**
 * Pictures as files: DATA_DIR/images/<jobId>/<index>.png. A file is there whole or not at all, also after a crash. The
 * space of all pictures is bounded: the oldest jobs' pictures make room for new ones.
 */
import { randomUUID } from 'node:crypto';
import * as nodeFiles from 'node:fs/promises';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { GenerationError } from '#contract/generation-error.ts';
import { jobIdSchema, type JobId } from '#contract/job.ts';
import type { ImageStore } from '../core/ports.ts';
import { toStorageFailure } from './storage-error.ts';

/** The part of node:fs/promises that is used; another one simulates a full disk. */
export type Files = Pick<
  typeof nodeFiles,
  'mkdir' | 'open' | 'readdir' | 'readFile' | 'rename' | 'rm' | 'stat'
>;

export interface DiskImageStoreOptions {
  dataDir: string;
  /** Room for all pictures together. */
  bytesMax?: number;
  files?: Files;
}

const BYTES_MAX = 10 * 1024 ** 3;
const INDEX_MAX = 99;
/** Files under this ending were being written when the bot stopped. */
const UNFINISHED = '.part';

/** Throws GenerationError `storage-failed` when the folder cannot be made or read. */
export async function openDiskImageStore(options: DiskImageStoreOptions): Promise<ImageStore> {
  const store = new DiskImageStore(options);
  await store.open();
  return store;
}

class DiskImageStore implements ImageStore {
  readonly #dataDir: string;
  readonly #folder: string;
  readonly #bytesMax: number;
  readonly #files: Files;
  /** Bytes of each picture by job, oldest job first. */
  readonly #sizes = new Map<JobId, Map<string, number>>();
  #totalBytes = 0;
  /** Changes are made one after the other, so that the sum is right and no folder is removed while it is filled. */
  readonly #turn = pLimit(1);

  constructor({ dataDir, bytesMax = BYTES_MAX, files = nodeFiles }: DiskImageStoreOptions) {
    this.#dataDir = dataDir;
    this.#folder = join(dataDir, 'images');
    this.#bytesMax = bytesMax;
    this.#files = files;
  }

  async open(): Promise<void> {
    await this.#guard(async () => {
      await this.#files.mkdir(this.#folder, { recursive: true });
      const jobs: { jobId: JobId; sizes: Map<string, number>; changedAtMs: number }[] = [];
      for (const jobId of await this.#files.readdir(this.#folder)) {
        const entry = await this.#files.stat(join(this.#folder, jobId));
        // Whatever else lies there is not ours to count or to remove.
        if (!entry.isDirectory() || !jobIdSchema.safeParse(jobId).success) continue;
        const sizes = await this.#readSizes(jobId);
        jobs.push({ jobId, sizes, changedAtMs: entry.mtimeMs });
      }
      for (const { jobId, sizes } of jobs.sort((a, b) => a.changedAtMs - b.changedAtMs)) {
        this.#sizes.set(jobId, sizes);
        for (const sizeBytes of sizes.values()) this.#totalBytes += sizeBytes;
      }
    });
  }

  async put(jobId: JobId, index: number, png: Uint8Array): Promise<void> {
    if (!isPicture(jobId, index)) throw new RangeError(`no picture can be ${index} of ${jobId}`);
    return this.#turn(() => this.#guard(() => this.#put(jobId, toFileName(index), png)));
  }

  async get(jobId: JobId, index: number): Promise<Uint8Array | undefined> {
    if (!isPicture(jobId, index)) return undefined;
    return this.#guard(async () => {
      try {
        return await this.#files.readFile(join(this.#folder, jobId, toFileName(index)));
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
        throw error;
      }
    });
  }

  async delete(jobId: JobId): Promise<void> {
    if (!isPicture(jobId, 0)) return;
    return this.#turn(() => this.#guard(() => this.#remove(jobId)));
  }

  async #put(jobId: JobId, name: string, png: Uint8Array): Promise<void> {
    const earlierBytes = this.#sizes.get(jobId)?.get(name) ?? 0;
    await this.#makeRoom(jobId, png.byteLength - earlierBytes);
    await this.#writeWhole(join(this.#folder, jobId), name, png);
    const sizes = this.#sizes.get(jobId) ?? new Map<string, number>();
    sizes.set(name, png.byteLength);
    // Taken out and put back, it is the newest.
    this.#sizes.delete(jobId);
    this.#sizes.set(jobId, sizes);
    this.#totalBytes += png.byteLength - earlierBytes;
  }

  async #makeRoom(writtenJobId: JobId, neededBytes: number): Promise<void> {
    for (const jobId of this.#sizes.keys()) {
      if (this.#totalBytes + neededBytes <= this.#bytesMax) return;
      if (jobId !== writtenJobId) await this.#remove(jobId);
    }
    if (this.#totalBytes + neededBytes <= this.#bytesMax) return;
    throw new GenerationError(
      'storage-failed',
      `The picture has ${neededBytes} bytes, more than the room for all pictures (${this.#bytesMax} bytes); raise IMAGES_MAX_MIB.`,
    );
  }

  /** Written beside, synced, renamed: a reader sees the old file or the whole new one. */
  async #writeWhole(folder: string, name: string, bytes: Uint8Array): Promise<void> {
    await this.#files.mkdir(folder, { recursive: true });
    const unfinished = join(folder, `${name}.${randomUUID()}${UNFINISHED}`);
    try {
      const file = await this.#files.open(unfinished, 'wx');
      try {
        await file.writeFile(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
      await this.#files.rename(unfinished, join(folder, name));
      await this.#syncFolder(folder);
    } catch (error) {
      await this.#files.rm(unfinished, { force: true });
      throw error;
    }
  }

  /** Without this a power cut could undo the rename. */
  async #syncFolder(folder: string): Promise<void> {
    // Windows cannot open folders, and needs no sync of them.
    if (process.platform === 'win32') return;
    const handle = await this.#files.open(folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  async #remove(jobId: JobId): Promise<void> {
    await this.#files.rm(join(this.#folder, jobId), { recursive: true, force: true });
    for (const sizeBytes of this.#sizes.get(jobId)?.values() ?? []) this.#totalBytes -= sizeBytes;
    this.#sizes.delete(jobId);
  }

  async #readSizes(jobId: string): Promise<Map<string, number>> {
    const folder = join(this.#folder, jobId);
    const sizes = new Map<string, number>();
    for (const name of await this.#files.readdir(folder)) {
      const path = join(folder, name);
      if (name.endsWith(UNFINISHED)) await this.#files.rm(path, { force: true });
      else sizes.set(name, (await this.#files.stat(path)).size);
    }
    return sizes;
  }

  async #guard<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw toStorageFailure(error, { dataDir: this.#dataDir, file: this.#folder });
    }
  }
}

/** Ids come from outside: what is not an id must never become a path. */
function isPicture(jobId: JobId, index: number): boolean {
  const isIndex = Number.isInteger(index) && index >= 0 && index <= INDEX_MAX;
  return isIndex && jobIdSchema.safeParse(jobId).success;
}

const toFileName = (index: number): string => `${index}.png`;

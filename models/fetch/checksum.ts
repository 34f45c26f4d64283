/** Hashes of files on disk, as hubs and buckets state them. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Checksum } from './byte-source.ts';

const READ_BYTES = 1024 * 1024;

export interface FileDigest {
  /** Hexadecimal, as the manifest states it. */
  sha256: string;
  /** Whether it has the expected checksum too; true when none is expected. */
  isAsExpected: boolean;
}

/** Reads the file once, whatever hashes are wanted of it. */
export async function digestFile(
  file: string,
  expected: Checksum | undefined,
  signal?: AbortSignal,
): Promise<FileDigest> {
  const sha256 = createHash('sha256');
  const other = await createOtherHash(file, expected);
  for await (const piece of createReadStream(file, { highWaterMark: READ_BYTES })) {
    signal?.throwIfAborted();
    sha256.update(piece as Buffer);
    other?.update(piece as Buffer);
  }
  const hex = sha256.digest('hex');
  const found = other?.digest('hex') ?? hex;
  return { sha256: hex, isAsExpected: expected === undefined || found === expected.hex };
}

async function createOtherHash(file: string, expected: Checksum | undefined) {
  if (expected?.algorithm !== 'git-sha1') return undefined;
  const { size } = await stat(file);
  return createHash('sha1').update(`blob ${size}\0`);
}

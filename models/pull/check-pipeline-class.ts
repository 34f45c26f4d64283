/** Says before gigabytes are fetched that a package is of a family that cannot be run. */
import * as z from 'zod';
import { findFamily } from '../families.ts';
import { FetchError } from '../fetch/byte-source.ts';
import { formatBytes } from '../fetch/disk-error.ts';
import type { PackageSource } from '../sources/package-source.ts';
import type { ChosenFile } from './choose-files.ts';

const INDEX_BYTES_MAX = 1024 * 1024;
const indexSchema = z.looseObject({ _class_name: z.string() });

/** Throws a FetchError. A cut on the way is left to the download, which asks again. */
export async function checkPipelineClass(
  chosen: readonly ChosenFile[],
  source: PackageSource,
  { name, signal }: { name: string; signal: AbortSignal },
): Promise<void> {
  const remote = chosen.find(({ path }) => path === 'model_index.json')?.remote;
  if (remote === undefined) return;
  if (remote.sizeBytes > INDEX_BYTES_MAX) {
    throw new FetchError(
      `model_index.json of ${name} has ${formatBytes(remote.sizeBytes)}, which no such file has; choose another package.`,
    );
  }
  const className = await readClassName(remote, source, signal);
  const family = className === undefined ? undefined : findFamily(className);
  if (family === undefined || !('missing' in family)) return;
  throw new FetchError(
    `${name} cannot be run: it is ${family.missing}; choose a Stable Diffusion 1.x, 2.x or XL package.`,
  );
}

async function readClassName(
  remote: ChosenFile['remote'],
  source: PackageSource,
  signal: AbortSignal,
): Promise<string | undefined> {
  const pieces: Uint8Array[] = [];
  try {
    for await (const bytes of source.read(remote, { start: 0, end: remote.sizeBytes }, signal)) {
      pieces.push(bytes);
    }
    const content: unknown = JSON.parse(Buffer.concat(pieces).toString('utf8'));
    return indexSchema.safeParse(content).data?._class_name;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof FetchError && !error.isRetryable) throw error;
    return undefined;
  }
}

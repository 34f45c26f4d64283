/** The manifest that a bucket or a folder may hold: its checksums stand for those that only a hub keeps. */
import { FetchError, type RemoteFile } from '../fetch/byte-source.ts';
import { MANIFEST_FILE, manifestSchema, type Manifest } from '../manifest.ts';
import type { PackageSource } from './package-source.ts';

const MANIFEST_BYTES_MAX = 4 * 1024 * 1024;

/** Undefined when there is none. Throws a FetchError for one that cannot be read. */
export async function readStatedManifest(
  source: Pick<PackageSource, 'read'>,
  files: readonly RemoteFile[],
  signal: AbortSignal,
): Promise<Manifest | undefined> {
  const file = files.find(({ path }) => path === MANIFEST_FILE);
  if (file === undefined || file.sizeBytes > MANIFEST_BYTES_MAX) return undefined;
  const pieces: Uint8Array[] = [];
  for await (const bytes of source.read(file, { start: 0, end: file.sizeBytes }, signal)) {
    pieces.push(bytes);
  }
  try {
    return manifestSchema.parse(JSON.parse(Buffer.concat(pieces).toString('utf8')));
  } catch (cause) {
    throw new FetchError(
      `The ${MANIFEST_FILE} there cannot be used; correct it, or take it away.`,
      {
        cause,
      },
    );
  }
}

/** Each file with what the manifest says of it. Throws a FetchError where the two differ. */
export function withChecksums(
  files: readonly RemoteFile[],
  manifest: Manifest | undefined,
): RemoteFile[] {
  const stated = new Map(manifest?.files?.map((file) => [file.path, file]));
  const present = new Set(files.map(({ path }) => path));
  const missing = [...stated.keys()].find((path) => !present.has(path));
  if (missing !== undefined) {
    throw new FetchError(
      `${missing} stands in the ${MANIFEST_FILE} there and is missing; bring it, or take the manifest away.`,
    );
  }
  return files.map((file) => {
    const said = stated.get(file.path);
    if (said === undefined) return file;
    if (said.sizeBytes !== file.sizeBytes) {
      throw new FetchError(
        `${file.path} has ${file.sizeBytes} bytes where the ${MANIFEST_FILE} there says ${said.sizeBytes}; bring the right file.`,
      );
    }
    return { ...file, checksum: { algorithm: 'sha256', hex: said.sha256 } };
  });
}

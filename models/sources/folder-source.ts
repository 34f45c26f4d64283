/** A folder of this machine. Links are followed: hub caches keep the files behind them. */
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { FetchError, type RemoteFile } from '../fetch/byte-source.ts';
import { LISTED_FILES_MAX, type PackageSource } from './package-source.ts';
import { readStatedManifest, withChecksums } from './stated-manifest.ts';

const DEPTH_MAX = 4;
const READ_BYTES = 1024 * 1024;

export function createFolderSource(folder: string): PackageSource {
  const source: PackageSource = {
    async list(signal) {
      const files = await listFolder(folder, '', 0).catch((cause: NodeJS.ErrnoException) => {
        if (cause instanceof FetchError) throw cause;
        throw new FetchError(
          `The folder ${folder} cannot be read (${cause.code}); check its name and its permissions.`,
          { cause },
        );
      });
      const manifest = await readStatedManifest(source, files, signal);
      return {
        address: folder,
        licence: { name: manifest?.licence },
        files: withChecksums(files, manifest),
      };
    },
    async *read(file, range) {
      const { start, end } = range;
      if (start === end) return;
      const options = { start, end: end - 1, highWaterMark: READ_BYTES };
      try {
        for await (const bytes of createReadStream(join(folder, file.path), options)) {
          yield bytes as Buffer;
        }
      } catch (cause) {
        const { code } = cause as NodeJS.ErrnoException;
        throw new FetchError(`${file.path} cannot be read (${code}); check it in ${folder}.`, {
          cause,
        });
      }
    },
  };
  return source;
}

async function listFolder(folder: string, below: string, depth: number): Promise<RemoteFile[]> {
  const files: RemoteFile[] = [];
  for (const name of (await readdir(join(folder, below))).sort()) {
    if (name.startsWith('.')) continue;
    const path = below === '' ? name : `${below}/${name}`;
    const facts = await stat(join(folder, path));
    if (facts.isFile()) files.push({ path, sizeBytes: facts.size });
    if (facts.isDirectory() && depth < DEPTH_MAX) {
      files.push(...(await listFolder(folder, path, depth + 1)));
    }
    if (files.length > LISTED_FILES_MAX) {
      throw new FetchError(
        `${folder} holds more than ${LISTED_FILES_MAX} files, which no model package does; name the package's own folder.`,
      );
    }
  }
  return files;
}

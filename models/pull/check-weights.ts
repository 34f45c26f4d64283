/** Says which graph of a fetched package lacks its weights, before the package is put in place. */
import { dirname, join, posix } from 'node:path';
import { findExternalFiles } from '../external-weights.ts';
import { FetchError } from '../fetch/byte-source.ts';
import { fileSizeBytes } from '../package-files.ts';

/** `paths`: of all files of the package. Throws a FetchError. */
export async function checkWeights(
  folder: string,
  paths: readonly string[],
  address: string,
): Promise<void> {
  for (const graph of paths.filter((path) => path.endsWith('.onnx'))) {
    for (const name of await findExternalFiles(join(folder, graph))) {
      const path = posix.join(dirname(graph), name);
      const isInside = !path.startsWith('..') && !posix.isAbsolute(name);
      if (isInside && (await fileSizeBytes(folder, path)) !== undefined) continue;
      throw new FetchError(
        `${graph} keeps weights in ${JSON.stringify(name.slice(0, 100))}, which ${address} does not have beside it; choose another export of the model.`,
      );
    }
  }
}

/** The manifest of a package on disk, as far as it can be read. */
import { MANIFEST_FILE, manifestSchema, type Manifest } from '../manifest.ts';
import { readPackageJson } from '../package-files.ts';

/** Undefined where there is none, or none that can be used: then the package is fetched anew. */
export async function readInstalledManifest(folder: string): Promise<Manifest | undefined> {
  return readPackageJson(folder, MANIFEST_FILE, manifestSchema).catch(() => undefined);
}

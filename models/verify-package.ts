/** Compares every file of a package with its manifest, byte for byte. */
import { join } from 'node:path';
import { checkPackageFile, hashFile } from './package-files.ts';
import type { FoundPackage } from './store.ts';

export interface Verification {
  id: string;
  /** `unproven`: usable, but without a manifest that says how its files should be. */
  status: 'ok' | 'unproven' | 'broken';
  filesChecked: number;
  /** One sentence for each thing that is wrong. */
  problems: string[];
}

/** Reads every file that the manifest lists; never throws for what is wrong with the package. */
export async function verifyPackage(found: FoundPackage): Promise<Verification> {
  if (found.status === 'broken') {
    return { id: found.id, status: 'broken', filesChecked: 0, problems: [found.error.message] };
  }
  const { folder, manifest } = found.modelPackage;
  const problems: string[] = [];
  for (const file of manifest.files ?? []) {
    try {
      await checkPackageFile(folder, file.path, file.sizeBytes);
      const sha256 = await hashFile(join(folder, file.path));
      if (sha256 !== file.sha256) {
        problems.push(`${file.path} has other content than its manifest says; fetch it again.`);
      }
    } catch (thrown) {
      problems.push(thrown instanceof Error ? thrown.message : String(thrown));
    }
  }
  const proven = manifest.files === undefined ? 'unproven' : 'ok';
  return {
    id: found.id,
    status: problems.length > 0 ? 'broken' : proven,
    filesChecked: manifest.files?.length ?? 0,
    problems,
  };
}

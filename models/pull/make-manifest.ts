/** The manifest of a fetched package: what it says itself, what the catalog knows, and the sha256 of what arrived. */
import type { CatalogEntry } from '../catalog.ts';
import { FetchError } from '../fetch/byte-source.ts';
import { MANIFEST_FILE, type Manifest, type PackageFile } from '../manifest.ts';
import type { PullPlan } from './pull-package.ts';

export interface ManifestParts {
  plan: PullPlan;
  /** As they arrived. */
  files: readonly PackageFile[];
  entry: CatalogEntry | undefined;
  /** The manifest that came with the package. */
  own: Manifest | undefined;
}

/** Texts for people travel with a package and are no part of what it runs from. */
const isRunFrom = ({ path }: PackageFile) =>
  path === 'model_index.json' || (path.includes('/') && !/^licen[cs]es\//i.test(path));

/** Throws a FetchError where the package's own manifest states other files than came. */
export function makeManifest({ plan, files, entry, own }: ManifestParts): Manifest {
  const { listing, licence } = plan;
  const arrived = new Map(files.map((file) => [file.path, file]));
  const wrong = own?.files?.find((file) => arrived.get(file.path)?.sha256 !== file.sha256);
  if (wrong !== undefined) {
    throw new FetchError(
      `${wrong.path} is not the file that the package's own ${MANIFEST_FILE} states; tell whoever keeps ${listing.address}.`,
    );
  }
  return {
    ...own,
    id: plan.id,
    name: own?.name ?? entry?.name ?? plan.id,
    ...describe(own, entry),
    licence: own?.licence ?? nameLicence(licence),
    origin: { address: listing.address, revision: listing.revision },
    files: own?.files ?? files.filter(isRunFrom),
    ...chooseDefaults(own, entry),
  };
}

function describe(own: Manifest | undefined, entry: CatalogEntry | undefined): Partial<Manifest> {
  const description = own?.description ?? entry?.description;
  return description === undefined ? {} : { description };
}

/** The package's own say goes before the catalog's. */
function chooseDefaults(
  own: Manifest | undefined,
  entry: CatalogEntry | undefined,
): Partial<Manifest> {
  const defaults = own?.defaults ?? entry?.defaults;
  return defaults === undefined ? {} : { defaults };
}

function nameLicence({ name, commercialUse }: PullPlan['licence']): string {
  return commercialUse === 'no' ? `${name} (no commercial use)` : name;
}

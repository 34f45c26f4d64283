/** A place that holds a package: what it lists, and its bytes. Hub, bucket and folder implement it. */
import type { ByteSource, RemoteFile } from '../fetch/byte-source.ts';

/** What the package's card says of its licence. */
export interface StatedLicence {
  /** As hubs write it: "mit", "creativeml-openrail-m", "other". */
  id?: string | undefined;
  /** The licence's own name where the id says nothing. */
  name?: string | undefined;
  /** Where its text is. */
  link?: string | undefined;
}

export interface PackageListing {
  /** Where it comes from, for people and for the manifest. Never holds a secret. */
  address: string;
  /** What fixes its content for good: a commit. */
  revision?: string | undefined;
  licence: StatedLicence;
  /** All files, those for other programs too. */
  files: readonly RemoteFile[];
}

export interface PackageSource extends ByteSource {
  /** Throws a FetchError. */
  list(signal: AbortSignal): Promise<PackageListing>;
}

/** More entries than any package has; a listing without end must not fill the memory. */
export const LISTED_FILES_MAX = 20_000;

/** One package from where it lies to where the engine finds it: listed, agreed to, fetched, checked, then put in place at once. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { FetchError, type ByteSource } from '../fetch/byte-source.ts';
import { formatBytes, toDiskError } from '../fetch/disk-error.ts';
import { fetchFiles, type FetchFilesOptions, type FetchProgress } from '../fetch/fetch-files.ts';
import type { RetryPolicy } from '../fetch/retry.ts';
import { MANIFEST_FILE, type Manifest } from '../manifest.ts';
import type { PackageListing, PackageSource } from '../sources/package-source.ts';
import { verifyPackage } from '../verify-package.ts';
import { examinePackage, type FoundPackage } from '../store.ts';
import { checkPipelineClass } from './check-pipeline-class.ts';
import { checkWeights } from './check-weights.ts';
import { chooseFiles, type ChoiceOptions, type ChosenFile } from './choose-files.ts';
import { describeLicence, type Licence } from './licences.ts';
import { makeManifest } from './make-manifest.ts';
import { lockPackage } from './package-lock.ts';
import type { PullTarget } from './parse-target.ts';
import { readInstalledManifest } from './read-installed-manifest.ts';

export interface PullPlan {
  id: string;
  listing: PackageListing;
  licence: Licence;
  fileCount: number;
  sizeBytes: number;
}

export interface PullOptions extends ChoiceOptions {
  target: PullTarget;
  source: PackageSource;
  /** Where packages are kept; made when it is not there. */
  modelsFolder: string;
  bytesMax: number;
  retry: RetryPolicy;
  signal: AbortSignal;
  progress: FetchProgress;
  /** The downloader's own measures when left out. */
  download?: Pick<FetchFilesOptions, 'connections' | 'partBytes'>;
  /** Throws when the person does not agree. */
  agree(plan: PullPlan): Promise<void>;
}

export type PullOutcome =
  | { status: 'pulled'; found: FoundPackage; plan: PullPlan }
  | { status: 'there-already'; plan: PullPlan };

/**
 * Throws a FetchError with one sentence; what arrived until then stays in a hidden folder beside, and the next call for
 * the same package goes on from there. The old package, if there is one, is whole until the new one is.
 */
export async function pullPackage(options: PullOptions): Promise<PullOutcome> {
  const { target, source, modelsFolder, signal } = options;
  const listing = await source.list(signal);
  const chosen = chooseFiles(listing.files, listing.address, options);
  const plan: PullPlan = {
    id: target.id,
    listing,
    licence: describeLicence(listing.licence, target.entry?.licence),
    fileCount: chosen.length,
    sizeBytes: chosen.reduce((sum, { remote }) => sum + remote.sizeBytes, 0),
  };
  refuseTooLarge(plan, options.bytesMax);
  await checkPipelineClass(chosen, source, { name: listing.address, signal });
  await makeModelsFolder(modelsFolder);
  const release = await lockPackage(join(modelsFolder, `.${target.id}.lock`), target.id);
  try {
    if (await isThere(plan, chosen, modelsFolder)) return { status: 'there-already', plan };
    await options.agree(plan);
    return { status: 'pulled', plan, found: await fetchAndPlace(plan, chosen, options) };
  } catch (error) {
    throw toDiskError(error, target.id);
  } finally {
    await release();
  }
}

/** Whole, down to the last byte. One of the same origin that is not becomes what the download starts from. */
async function isThere(
  { id, listing }: PullPlan,
  chosen: readonly ChosenFile[],
  modelsFolder: string,
): Promise<boolean> {
  const folder = join(modelsFolder, id);
  if (!isSame(await readInstalledManifest(folder), listing, chosen)) return false;
  const { status } = await verifyPackage(await examinePackage(folder, id));
  if (status === 'broken' && !existsSync(incomingFolder(modelsFolder, id))) {
    await rename(folder, incomingFolder(modelsFolder, id));
  }
  return status !== 'broken';
}

/** Hidden, so that nobody takes it for a package. */
export const incomingFolder = (modelsFolder: string, id: string) =>
  join(modelsFolder, `.${id}.pull`);

function refuseTooLarge({ id, sizeBytes }: PullPlan, bytesMax: number): void {
  if (sizeBytes <= bytesMax) return;
  throw new FetchError(
    `${id} has ${formatBytes(sizeBytes)}, more than the limit of ${formatBytes(bytesMax)}; raise it with --max-gb if that is right.`,
  );
}

/** From the same commit, or with the same lengths where a source keeps no commits. */
function isSame(
  installed: Manifest | undefined,
  listing: PackageListing,
  chosen: readonly ChosenFile[],
): boolean {
  if (installed?.origin?.address !== listing.address) return false;
  if (installed.origin.revision !== listing.revision) return false;
  const remote = new Map(chosen.map((file) => [file.path, file.remote]));
  return (installed.files ?? []).every(({ path, sizeBytes, sha256 }) => {
    const { checksum, sizeBytes: length } = remote.get(path) ?? {};
    return length === sizeBytes && (checksum?.algorithm !== 'sha256' || checksum.hex === sha256);
  });
}

async function makeModelsFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    throw toDiskError(error, `The folder ${folder}`);
  }
}

async function fetchAndPlace(
  plan: PullPlan,
  chosen: readonly ChosenFile[],
  options: PullOptions,
): Promise<FoundPackage> {
  const { source, modelsFolder, signal, target } = options;
  const incoming = incomingFolder(modelsFolder, plan.id);
  await removeOthers(incoming, chosen);
  const files = await fetchFiles({
    source: withRenames(source, chosen),
    files: chosen.map(({ path, remote }) => ({ ...remote, path })),
    folder: incoming,
    signal,
    retry: options.retry,
    ...options.progress,
    ...options.download,
  });
  await checkWeights(
    incoming,
    files.map(({ path }) => path),
    plan.listing.address,
  );
  const own = await readInstalledManifest(incoming);
  const manifest = makeManifest({ plan, files, entry: target.entry, own });
  await writeFile(join(incoming, MANIFEST_FILE), `${JSON.stringify(manifest, undefined, 2)}\n`);
  const folder = join(modelsFolder, plan.id);
  await replaceFolder(folder, incoming);
  return examinePackage(folder, plan.id);
}

/** The downloader knows files by where they go; the source by where they lie. */
function withRenames(source: ByteSource, chosen: readonly ChosenFile[]): ByteSource {
  const remotes = new Map(chosen.map(({ path, remote }) => [path, remote]));
  return {
    read: (file, range, signal) => source.read(remotes.get(file.path) ?? file, range, signal),
  };
}

/** What an earlier run left of another revision would become part of this one. */
async function removeOthers(folder: string, chosen: readonly ChosenFile[]): Promise<void> {
  if (!existsSync(folder)) return;
  const kept = new Set(
    chosen.flatMap(({ path }) => [path, `${path}.partial`, `${path}.partial.json`]),
  );
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const full = join(entry.parentPath, entry.name);
    const path = posix.normalize(full.slice(folder.length + 1).replaceAll('\\', '/'));
    if (!entry.isDirectory() && !kept.has(path)) await rm(full);
  }
}

/** Renaming is all or nothing; only between the two renames, for a blink, neither is in place. */
async function replaceFolder(folder: string, incoming: string): Promise<void> {
  const outgoing = `${incoming}.old`;
  await rm(outgoing, { recursive: true, force: true });
  if (existsSync(folder)) await rename(folder, outgoing);
  await rename(incoming, folder);
  await rm(outgoing, { recursive: true, force: true });
}

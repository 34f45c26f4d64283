/** Finds model packages on disk and tells the usable from the broken; one broken package hides no other. */
import { GenerationError } from '#contract/generation-error.ts';
import type { ModelDescription } from '#contract/model-description.ts';
import { nearestName } from '#contract/nearest-name.ts';
import { statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import * as z from 'zod';
import { isHelperManifest } from './helpers.ts';
import { MANIFEST_FILE, modelIdSchema } from './manifest.ts';
import { fileSizeBytes, readPackageJson } from './package-files.ts';
import { readPackage } from './read-package.ts';
import type { ModelPackage } from './read-package.ts';

/** The packages that come with the project. */
const EMBEDDED_FOLDER = join(import.meta.dirname, 'embedded');
/** Where pulled packages are kept and looked for, unless MODEL_DIR says otherwise. */
export const DOWNLOADED_FOLDER = join(import.meta.dirname, 'downloaded');

/** A folder that holds any of these is meant to be a package. */
const PACKAGE_MARKS = ['model_index.json', 'manifest.json', 'unet/model.onnx'];

export type FoundPackage =
  | { status: 'usable'; id: string; folder: string; modelPackage: ModelPackage }
  | { status: 'broken'; id: string; folder: string; error: GenerationError };

/**
 * Searched in this order: a person's own package hides the built-in one of the same id. Throws a GenerationError
 * `invalid-request` when MODEL_DIR names no folder: whoever set it means to find something there.
 */
export function modelFolders(modelDir: string | undefined): string[] {
  if (modelDir !== undefined && !statSync(modelDir, { throwIfNoEntry: false })?.isDirectory()) {
    throw new GenerationError(
      'invalid-request',
      `MODEL_DIR is ${JSON.stringify(modelDir)}, and there is no such folder; make it, or set MODEL_DIR to the folder that holds the model packages.`,
    );
  }
  return [modelDir ?? DOWNLOADED_FOLDER, EMBEDDED_FOLDER];
}

/**
 * Every package in the folders, or the folder itself where it is one, by id. A folder that does not exist holds none.
 * Throws a GenerationError `storage-failed` for a folder that cannot be read.
 */
export async function findPackages(folders: readonly string[]): Promise<FoundPackage[]> {
  const found = new Map<string, FoundPackage>();
  for (const folder of folders) {
    for (const candidate of await listCandidates(folder)) {
      const id = basename(candidate);
      if (!found.has(id)) found.set(id, await examinePackage(candidate, id));
    }
  }
  return [...found.values()];
}

async function listCandidates(folder: string): Promise<string[]> {
  if (await isPackage(folder)) return [folder];
  const names = await readdir(folder).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return [];
    throw new GenerationError(
      'storage-failed',
      `The model folder ${basename(folder)} cannot be read (${cause.code}); check MODEL_DIR and its permissions.`,
      { cause },
    );
  });
  const candidates = names
    .filter((name) => !name.startsWith('.'))
    .map((name) => join(folder, name));
  const marks = await Promise.all(candidates.map(isPackage));
  return candidates.filter((_, index) => marks[index]);
}

async function isPackage(folder: string): Promise<boolean> {
  const sizes = await Promise.all(PACKAGE_MARKS.map((mark) => fileSizeBytes(folder, mark)));
  if (sizes.every((size) => size === undefined)) return false;
  // A manifest that cannot be read belongs to a package that is broken, which must be shown.
  const manifest = await readPackageJson(folder, MANIFEST_FILE, z.unknown()).catch(() => undefined);
  return !isHelperManifest(manifest);
}

/** What is in the folder; never throws for what is wrong with the package. */
export async function examinePackage(folder: string, id: string): Promise<FoundPackage> {
  try {
    if (!modelIdSchema.safeParse(id).success) {
      throw new GenerationError(
        'model-broken',
        `The folder "${id}" cannot be a model's id; rename it with letters, digits, dots and dashes.`,
      );
    }
    return { status: 'usable', id, folder, modelPackage: await readPackage(folder, id) };
  } catch (thrown) {
    const error = toPackageError(thrown);
    return { status: 'broken', id, folder, error };
  }
}

/** What the package is to blame for; anything else is a mistake of ours and must not be hidden. */
function toPackageError(thrown: unknown): GenerationError {
  if (thrown instanceof GenerationError) return thrown;
  const { code, path } = thrown as NodeJS.ErrnoException;
  if (code === undefined || path === undefined) throw thrown;
  return new GenerationError(
    'model-broken',
    `${basename(path)} cannot be read (${code}); check its permissions.`,
    { cause: thrown },
  );
}

/** A broken package is described too, with the sentence that says why it cannot be used. */
export function describePackage(found: FoundPackage): ModelDescription {
  switch (found.status) {
    case 'usable':
      return found.modelPackage.description;
    case 'broken':
      return {
        id: found.id,
        name: found.id,
        description: '',
        licence: '',
        sizeBytes: 0,
        isDefault: false,
        defaults: BROKEN_DEFAULTS,
        samplers: [],
        styles: [],
        problem: found.error.message,
      };
  }
}

/** A description needs settings even where nothing can be drawn. */
const BROKEN_DEFAULTS: ModelDescription['defaults'] = {
  widthPx: 512,
  heightPx: 512,
  steps: 1,
  guidanceScale: 1,
  guidanceRescale: 0,
  sampler: 'ddim',
  spacing: 'leading',
};

/** The wanted id where it is usable, else the built-in model: its folder is searched last. */
export function chooseDefaultId(
  found: readonly FoundPackage[],
  wantedId: string | undefined,
): string | undefined {
  const usable = found.filter((entry) => entry.status === 'usable');
  return (usable.find((entry) => entry.id === wantedId) ?? usable.at(-1))?.id;
}

/** Throws a GenerationError when the operator's model folder or default model does not exist. */
export async function checkModelSettings(
  modelDir: string | undefined,
  defaultModelId: string | undefined,
): Promise<void> {
  const found = await findPackages(modelFolders(modelDir));
  if (defaultModelId === undefined || found.some(({ id }) => id === defaultModelId)) return;
  const knownIds = found.map(({ id }) => id);
  throw new GenerationError(
    'model-unknown',
    `DEFAULT_MODEL is wrong: ${unknownModel(defaultModelId, knownIds).message}`,
  );
}

/** The sentence for an id that is not among the known ones, or for want of any package when none was asked for. */
export function unknownModel(id: string | undefined, knownIds: readonly string[]): GenerationError {
  if (id === undefined || knownIds.length === 0) {
    return new GenerationError(
      'model-unknown',
      'There is no usable model; put a package into the folder that MODEL_DIR names.',
    );
  }
  const nearest = nearestName(id, knownIds);
  const remedy =
    nearest === undefined ? `choose one of: ${knownIds.join(', ')}.` : `did you mean "${nearest}"?`;
  return new GenerationError('model-unknown', `There is no model "${id.slice(0, 100)}"; ${remedy}`);
}

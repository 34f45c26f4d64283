/** Packages that are no text-to-image model: upscalers and picture raters. A folder with `model.onnx` and a manifest. */
import { LIMITS } from '#contract/limits.ts';
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import * as z from 'zod';
import { MANIFEST_FILE, modelIdSchema, packageFileSchema } from './manifest.ts';
import { fileSizeBytes, readPackageJson } from './package-files.ts';

/** The one graph of such a package. */
export const HELPER_GRAPH = 'model.onnx';

const common = {
  /** Must be the folder's name when given. */
  id: modelIdSchema.optional(),
  name: z.string().min(1).max(LIMITS.nameCharacters).optional(),
  description: z.string().max(1_000).optional(),
  licence: z.string().max(200).optional(),
  notices: z.array(z.string()).optional(),
  files: z.array(packageFileSchema).min(1).optional(),
};

/** `manifest.json`; its `kind` is what tells these packages from models. */
const helperManifestSchema = z.discriminatedUnion('kind', [
  /** Takes and gives pictures [n, 3, height, width] in 0..1, the second `nativeFactor` times as large. */
  z.strictObject({
    kind: z.literal('upscaler'),
    ...common,
    nativeFactor: z.literal(LIMITS.upscaleFactors),
  }),
  /** Takes pictures [n, 3, side, side] in 0..1 and gives probabilities; `unsafeOutputs` are added up. */
  z.strictObject({
    kind: z.literal('rater'),
    ...common,
    sidePx: z.int().min(16).max(1_024),
    unsafeOutputs: z.array(z.int().min(0)).min(1),
  }),
]);
type HelperManifest = z.infer<typeof helperManifestSchema>;

interface HelperPackage {
  id: string;
  folder: string;
  manifest: HelperManifest;
  sizeBytes: number;
}
export type UpscalerPackage = HelperPackage & {
  manifest: Extract<HelperManifest, { kind: 'upscaler' }>;
};
export type RaterPackage = HelperPackage & {
  manifest: Extract<HelperManifest, { kind: 'rater' }>;
};

/** Whether a manifest's content is that of a helper, right or wrong: then the folder is no model. */
export function isHelperManifest(content: unknown): boolean {
  return typeof content === 'object' && content !== null && 'kind' in content;
}

/**
 * The first folder's hide others of the same id. One that is broken is left out: a picture can be drawn and enlarged
 * without it.
 */
export async function findUpscalers(folders: readonly string[]): Promise<UpscalerPackage[]> {
  const found = await findHelpers(folders);
  return found.filter((helper): helper is UpscalerPackage => helper.manifest.kind === 'upscaler');
}

/** As for upscalers. */
export async function findRaters(folders: readonly string[]): Promise<RaterPackage[]> {
  const found = await findHelpers(folders);
  return found.filter((helper): helper is RaterPackage => helper.manifest.kind === 'rater');
}

async function findHelpers(folders: readonly string[]): Promise<HelperPackage[]> {
  const found = new Map<string, HelperPackage>();
  for (const folder of folders) {
    const names = await readdir(folder).catch(() => []);
    for (const name of names.toSorted((a, b) => (a < b ? -1 : 1))) {
      const helper = await readHelper(join(folder, name));
      if (helper !== undefined && !found.has(helper.id)) found.set(helper.id, helper);
    }
  }
  return [...found.values()];
}

async function readHelper(folder: string): Promise<HelperPackage | undefined> {
  const id = basename(folder);
  const sizeBytes = await fileSizeBytes(folder, HELPER_GRAPH);
  if (sizeBytes === undefined || !modelIdSchema.safeParse(id).success) return undefined;
  const manifest = await readPackageJson(folder, MANIFEST_FILE, helperManifestSchema).catch(
    () => undefined,
  );
  const isNamedRight = manifest?.id === undefined || manifest.id === id;
  return manifest !== undefined && isNamedRight ? { id, folder, manifest, sizeBytes } : undefined;
}

/** A package folder as one typed value: everything the JSON files and the manifest say, checked. */
import type { ModelDescription } from '#contract/model-description.ts';
import { join } from 'node:path';
import * as z from 'zod';
import { usableSamplers } from '../gpu-function/sampling/default-sampler.ts';
import { parseSchedulerConfig } from '../gpu-function/sampling/parse-scheduler-config.ts';
import type { SchedulerConfig } from '../gpu-function/sampling/scheduler-config.ts';
import { listAbilities } from './abilities.ts';
import { chooseDefaults } from './default-settings.ts';
import { neutralPreviewFactors } from './families.ts';
import type { ModelFamily, PreviewFactors } from './families.ts';
import { MANIFEST_FILE, manifestSchema } from './manifest.ts';
import type { Manifest } from './manifest.ts';
import {
  brokenPackage,
  checkPackageFile,
  digestOfFiles,
  hashFile,
  readPackageJson,
} from './package-files.ts';
import { findGraphFiles, listFiles, readFamily } from './package-layout.ts';
import type { GraphFiles } from './package-layout.ts';
import { readLicence } from './read-licence.ts';

export interface ModelPackage {
  folder: string;
  description: ModelDescription;
  family: ModelFamily;
  scheduler: SchedulerConfig;
  /** What it is run from, weights beside the graphs included, as paths below the folder. */
  files: readonly string[];
  manifest: Manifest;
  latentChannels: number;
  /** Pixels per latent cell. */
  vaeFactor: number;
  sizeMultiplePx: number;
  scalingFactor: number;
  shiftFactor: number;
  /** Side of the pictures that the VAE was trained on. */
  trainedPx: number;
  /** Channels of the network's sample, where its configuration says. */
  inputChannels: number | undefined;
  /** Width of the guidance as a network input, where its configuration says. */
  guidanceEmbeddingWidth: number | undefined;
  zeroesEmptyNegative: boolean;
  previewMap: PreviewFactors;
  /** Ids that each text encoder has places for, where its configuration says. */
  textPositions: readonly (number | undefined)[];
  /** Paths of the graphs below the folder. */
  graphFiles: GraphFiles;
}

const NO_LICENCE = 'not stated: see where the package comes from';

const levelsSchema = z.array(z.int()).min(1).max(16).optional();
const positiveOrNull = z.number().positive().nullish();

/** Only what is used of each file; exporters differ in the rest. */
const networkConfigSchema = z.looseObject({
  in_channels: z.int().min(1).max(64).optional(),
  out_channels: z.int().min(1).max(64).optional(),
  sample_size: z.union([z.int().min(1), z.tuple([z.int().min(1), z.int().min(1)])]).nullish(),
  block_out_channels: levelsSchema,
  time_cond_proj_dim: positiveOrNull,
});
const vaeConfigSchema = z.looseObject({
  latent_channels: z.int().min(1).max(64).optional(),
  scaling_factor: z.number().positive().optional(),
  shift_factor: z.number().nullish(),
  sample_size: z.int().min(1).max(16_384).nullish(),
  block_out_channels: levelsSchema,
});
const textConfigSchema = z.looseObject({
  max_position_embeddings: z.int().min(3).max(100_000).optional(),
});

/**
 * Reads and checks a package, but opens none of its graphs. `id` is the folder's name.
 * Throws a GenerationError `model-broken` whose message names the file.
 */
export async function readPackage(folder: string, id: string): Promise<ModelPackage> {
  const manifest = (await readPackageJson(folder, MANIFEST_FILE, manifestSchema)) ?? {};
  if (manifest.id !== undefined && manifest.id !== id) {
    throw brokenPackage(
      `${MANIFEST_FILE} says the id is "${manifest.id}" but the folder is named "${id}"; rename one of them.`,
    );
  }
  const { family, index } = await readFamily(folder);
  const graphFiles = await findGraphFiles(folder, family);
  const files = await listFiles(folder, family, graphFiles);
  const sizes = new Map(manifest.files?.map((file) => [file.path, file.sizeBytes]));
  let sizeBytes = 0;
  for (const path of new Set([...files, ...sizes.keys()])) {
    sizeBytes += await checkPackageFile(folder, path, sizes.get(path));
  }
  const parts = await readConfigurations(folder, family);
  const shape = readShape(family, parts);
  const previewMap = choosePreviewMap(manifest, family, shape.latentChannels);
  return {
    folder,
    family,
    files,
    manifest,
    ...shape,
    graphFiles,
    previewMap,
    scheduler: parts.scheduler,
    inputChannels: parts.network?.in_channels,
    guidanceEmbeddingWidth: parts.network?.time_cond_proj_dim ?? undefined,
    zeroesEmptyNegative:
      family.fallbacks.zeroesEmptyNegative && index?.force_zeros_for_empty_prompt !== false,
    textPositions: parts.texts.map((text) => text?.max_position_embeddings),
    description: {
      id,
      name: manifest.name ?? id,
      description: manifest.description ?? `A ${family.name} model.`,
      licence: manifest.licence ?? (await readLicence(folder)) ?? NO_LICENCE,
      sizeBytes,
      isDefault: false,
      ...(manifest.fixedSize === undefined ? {} : { fixedSize: manifest.fixedSize }),
      defaults: {
        ...chooseDefaults(family, parts.scheduler, readDefaultSize(family, parts)),
        ...manifest.defaults,
        ...manifest.fixedSize,
      },
      samplers: usableSamplers(parts.scheduler),
      styles: Object.keys(manifest.styles ?? {}),
      abilities: listAbilities({
        hasEncoder: graphFiles.encoder !== undefined,
        latentChannels: shape.latentChannels,
        inputChannels: parts.network?.in_channels,
      }),
    },
  };
}

/** The hashes of the manifest stand for its files; without them every file is read. */
export async function digestOfPackage(modelPackage: ModelPackage): Promise<string> {
  const { manifest, folder, files } = modelPackage;
  if (manifest.files !== undefined) return digestOfFiles(manifest.files);
  const hashed = [];
  for (const path of files) hashed.push({ path, sha256: await hashFile(join(folder, path)) });
  return digestOfFiles(hashed);
}

type Configurations = Awaited<ReturnType<typeof readConfigurations>>;

async function readConfigurations(folder: string, family: ModelFamily) {
  const network = await readPackageJson(
    folder,
    `${family.network}/config.json`,
    networkConfigSchema,
  );
  const vae = await readPackageJson(folder, 'vae_decoder/config.json', vaeConfigSchema);
  const scheduler = parseSchedulerConfig(
    await readRequired(folder, 'scheduler/scheduler_config.json', z.unknown()),
  );
  const texts = [];
  for (const { encoder } of family.textStages) {
    texts.push(await readPackageJson(folder, `${encoder}/config.json`, textConfigSchema));
  }
  return { network, vae, scheduler, texts };
}

/** Throws a GenerationError `model-broken` where there is no such file. */
async function readRequired<Schema extends z.ZodType>(
  folder: string,
  path: string,
  schema: Schema,
): Promise<z.infer<Schema>> {
  const content = await readPackageJson(folder, path, schema);
  if (content === undefined) throw brokenPackage(`${path} is missing; fetch the package again.`);
  return content;
}

function vaeFactorOf(family: ModelFamily, parts: Configurations): number {
  return 2 ** ((parts.vae?.block_out_channels?.length ?? family.fallbacks.vaeLevels) - 1);
}

function readShape(family: ModelFamily, parts: Configurations) {
  const { network, vae } = parts;
  const { fallbacks } = family;
  const vaeFactor = vaeFactorOf(family, parts);
  return {
    latentChannels: vae?.latent_channels ?? network?.out_channels ?? fallbacks.latentChannels,
    vaeFactor,
    sizeMultiplePx:
      vaeFactor * 2 ** ((network?.block_out_channels?.length ?? fallbacks.networkLevels) - 1),
    scalingFactor: vae?.scaling_factor ?? fallbacks.scalingFactor,
    shiftFactor: vae?.shift_factor ?? fallbacks.shiftFactor,
    trainedPx: vae?.sample_size ?? fallbacks.sampleSize * vaeFactor,
  };
}

function readDefaultSize(family: ModelFamily, parts: Configurations) {
  const sampleSize = parts.network?.sample_size ?? family.fallbacks.sampleSize;
  const [height, width] = Array.isArray(sampleSize) ? sampleSize : [sampleSize, sampleSize];
  const vaeFactor = vaeFactorOf(family, parts);
  return { widthPx: width * vaeFactor, heightPx: height * vaeFactor };
}

function choosePreviewMap(
  manifest: Manifest,
  family: ModelFamily,
  latentChannels: number,
): PreviewFactors {
  const map = manifest.previewMap ?? family.previewFactors;
  return map.factors.length === latentChannels ? map : neutralPreviewFactors(latentChannels);
}

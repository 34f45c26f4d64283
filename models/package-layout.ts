/** Which file of a package is which: exporters agree on most folders, but neither on all names nor on an index. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { findFamily } from './families.ts';
import type { ModelFamily } from './families.ts';
import { brokenPackage, fileSizeBytes, readPackageJson } from './package-files.ts';

/** Paths below the package's folder. */
export interface GraphFiles {
  /** In the order of the family's text stages. */
  textEncoders: readonly string[];
  network: string;
  decoder: string;
  /** None in packages that can only draw from words. */
  encoder: string | undefined;
}

const modelIndexSchema = z.looseObject({
  _class_name: z.string(),
  force_zeros_for_empty_prompt: z.boolean().nullish(),
  requires_aesthetics_score: z.boolean().nullish(),
});
type ModelIndex = z.infer<typeof modelIndexSchema>;

/** Folders that give the class away where there is no index, the surest first. */
const CLASS_MARKS: readonly (readonly [string, string])[] = [
  ['text_encoder_3', 'StableDiffusion3Pipeline'],
  ['transformer', 'FluxPipeline'],
  ['text_encoder_2', 'StableDiffusionXLPipeline'],
  ['unet', 'StableDiffusionPipeline'],
];

/** Throws a GenerationError `model-broken` that names the family where it cannot be run. */
export async function readFamily(
  folder: string,
): Promise<{ family: ModelFamily; index: ModelIndex | undefined }> {
  const index = await readPackageJson(folder, 'model_index.json', modelIndexSchema);
  const className = index?._class_name ?? (await guessClass(folder));
  if (index?.requires_aesthetics_score === true) {
    throw unsupported(
      'the refiner of Stable Diffusion XL, which only finishes pictures of its base model',
    );
  }
  const family = findFamily(className);
  if ('missing' in family) throw unsupported(family.missing);
  return { family, index };
}

function unsupported(what: string): Error {
  return brokenPackage(
    `The package is ${what}; choose a Stable Diffusion 1.x, 2.x or XL package, or a Turbo or LCM one made of these.`,
  );
}

async function guessClass(folder: string): Promise<string> {
  const names = new Set(await namesIn(folder, ''));
  const mark = CLASS_MARKS.find(([name]) => names.has(name));
  if (mark !== undefined) return mark[1];
  throw brokenPackage('model_index.json is missing; fetch the package again.');
}

export async function findGraphFiles(folder: string, family: ModelFamily): Promise<GraphFiles> {
  const textEncoders = [];
  for (const { encoder } of family.textStages) textEncoders.push(await findGraph(folder, encoder));
  const encoder = await findGraph(folder, 'vae_encoder');
  const hasEncoder = (await fileSizeBytes(folder, encoder)) !== undefined;
  return {
    textEncoders,
    network: await findGraph(folder, family.network),
    decoder: await findGraph(folder, 'vae_decoder'),
    encoder: hasEncoder ? encoder : undefined,
  };
}

/** Tried in this order, where a folder holds more than one graph. */
const GRAPH_NAMES = ['model.onnx', 'model_fp16.onnx', 'model_optimized.onnx'];

/** The part's graph; `model.onnx` where there is none, so that this is the one that is missed. */
async function findGraph(folder: string, part: string): Promise<string> {
  const graphs = (await namesIn(folder, part)).filter((name) => name.endsWith('.onnx')).sort();
  const name = GRAPH_NAMES.find((known) => graphs.includes(known)) ?? graphs[0] ?? 'model.onnx';
  return `${part}/${name}`;
}

/** What stands in these folders for other programs: the same weights once more, texts for people. */
const UNUSED_FILE =
  /\.(?:safetensors|msgpack|h5|ckpt|pth?|ot|xml|md|lock)$|(?:pytorch|openvino)_model/;

/** The files that must be there, and those beside them that have a say in the pictures. */
export async function listFiles(
  folder: string,
  family: ModelFamily,
  graphFiles: GraphFiles,
): Promise<string[]> {
  const graphs = [
    ...graphFiles.textEncoders,
    graphFiles.network,
    graphFiles.decoder,
    ...(graphFiles.encoder === undefined ? [] : [graphFiles.encoder]),
  ];
  const hasIndex = (await fileSizeBytes(folder, 'model_index.json')) !== undefined;
  const needed = [
    ...(hasIndex ? ['model_index.json'] : []),
    'scheduler/scheduler_config.json',
    ...graphs,
  ];
  for (const { tokenizer } of family.textStages) {
    const hasVocabulary = (await fileSizeBytes(folder, `${tokenizer}/vocab.json`)) !== undefined;
    needed.push(
      ...(hasVocabulary
        ? [`${tokenizer}/vocab.json`, `${tokenizer}/merges.txt`]
        : [`${tokenizer}/tokenizer.json`]),
    );
  }
  const beside = new Set(needed.map((path) => path.split('/').slice(0, -1).join('/')));
  beside.delete('');
  const found = await Promise.all([...beside].map((part) => listUsedFiles(folder, part, graphs)));
  return [...new Set([...needed, ...found.flat()])];
}

/** Weights lie beside their graph under any name: `weights.pb`, `model.onnx_data`, `model.onnx.data`, one a tensor. */
async function listUsedFiles(
  folder: string,
  part: string,
  graphs: readonly string[],
): Promise<string[]> {
  const paths = (await namesIn(folder, part)).map((name) => `${part}/${name}`);
  const others = paths.filter((path) => path.endsWith('.onnx') && !graphs.includes(path));
  const isOfOther = (path: string) => others.some((other) => path.startsWith(other));
  return paths.filter((path) => !UNUSED_FILE.test(path) && !isOfOther(path));
}

/** Files and folders in a part, hidden ones left out; none where it is missing, which the check of its graph tells. */
async function namesIn(folder: string, part: string): Promise<string[]> {
  const entries = await readdir(join(folder, part), { withFileTypes: true }).catch(() => []);
  const isShown = (entry: (typeof entries)[number]) =>
    !entry.name.startsWith('.') && (part === '' || !entry.isDirectory());
  return entries.filter(isShown).map(({ name }) => name);
}

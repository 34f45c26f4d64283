/** Which files of a repository the engine needs: the graphs, their weights, configurations, tokenizers, licences. */
import { FetchError, type RemoteFile } from '../fetch/byte-source.ts';
import { formatBytes } from '../fetch/disk-error.ts';
import { isPlainPath, MANIFEST_FILE } from '../manifest.ts';

export interface ChosenFile {
  /** Where it goes, below the package's folder. */
  path: string;
  /** Where it lies in the repository. */
  remote: RemoteFile;
}

export interface ChoiceOptions {
  /** Where a repository holds several packages. */
  subfolder?: string | undefined;
  /** For graphs beside each other such as model.onnx and model_fp16.onnx: the "fp16". */
  variant?: string | undefined;
}

const INDEX_FILE = 'model_index.json';
const COMPONENT =
  /^(?:tokenizer|text_encoder)(?:_\d)?$|^(?:unet|transformer|vae_encoder|vae_decoder|scheduler)$/;
const HAS_GRAPH = /^(?:text_encoder(?:_\d)?|unet|transformer|vae_encoder|vae_decoder)$/;
/** The same weights for other programs, pictures, notes. What is left beside a graph may be its weights, whatever its name. */
const FOR_OTHERS =
  /\.(?:safetensors|msgpack|h5|ckpt|pt|pth|xml|gguf|tflite|md|png|jpe?g|webp|gif|index\.json)$|(?:pytorch_model|openvino|flax_model|tf_model)[^/]*\.bin$|^\./i;
/** Licences travel with the weights. */
const PAPER = /^(?:(?:README|LICEN[CS]E|NOTICES?|MODEL_CARD)(?:\.md|\.txt)?|licen[cs]es\/[^/]+)$/i;
const PAPER_BYTES_MAX = 1024 * 1024;
const CONFIGURATION = /\.(?:json|txt|model)$/;
const CONFIGURATION_BYTES_MAX = 64 * 1024 * 1024;
const FILES_MAX = 4_000;

/** `name` is the package's, for messages. Throws a FetchError that says what is missing. */
export function chooseFiles(
  files: readonly RemoteFile[],
  name: string,
  options: ChoiceOptions = {},
): ChosenFile[] {
  const root = findRoot(files, name, options.subfolder);
  const below = files
    .filter(({ path }) => path.startsWith(root))
    .map((remote) => ({ path: remote.path.slice(root.length), remote }));
  const chosen = [
    ...below.filter(({ path }) => path === INDEX_FILE || path === MANIFEST_FILE),
    ...below.filter(
      ({ path, remote }) =>
        PAPER.test(path) && isPlainPath(path) && remote.sizeBytes <= PAPER_BYTES_MAX,
    ),
    ...[...groupByComponent(below)].flatMap(([component, inside]) =>
      HAS_GRAPH.test(component)
        ? chooseAroundGraph(component, inside, options.variant)
        : inside.filter(({ path }) => CONFIGURATION.test(path) && !FOR_OTHERS.test(path)),
    ),
  ];
  refuseIncomplete(chosen, name);
  refuseAbsurd(chosen, name);
  return chosen;
}

/** With the last slash; empty for the repository's own top. */
function findRoot(files: readonly RemoteFile[], name: string, wanted: string | undefined): string {
  const roots = files
    .filter(({ path }) => path === INDEX_FILE || path.endsWith(`/${INDEX_FILE}`))
    .map(({ path }) => path.slice(0, -INDEX_FILE.length));
  const quoted = roots.map((root) => `"${root.slice(0, -1)}"`).join(', ');
  if (wanted !== undefined) {
    const root = `${wanted.replace(/^\/+|\/+$/g, '')}/`;
    if (roots.includes(root)) return root;
    throw new FetchError(
      `${name} has no package in "${wanted}"${quoted === '' ? '' : `; there is one in ${quoted}`}.`,
    );
  }
  if (roots.includes('')) return '';
  const [only, ...others] = roots;
  if (only !== undefined && others.length === 0) return only;
  if (only !== undefined) {
    throw new FetchError(
      `${name} holds several packages; add --subfolder with one of ${quoted.slice(0, 500)}.`,
    );
  }
  // Without an index the folders tell the family.
  if (files.some(({ path }) => /^unet\/[^/]+\.onnx$/.test(path))) return '';
  const hasGraphs = files.some(({ path }) => path.endsWith('.onnx'));
  throw new FetchError(
    hasGraphs
      ? `${name} has no ${INDEX_FILE}, and no unet folder with a graph, so it is no package in the layout of diffusers and Optimum; choose another.`
      : `${name} has no ONNX files; choose an ONNX export of it, or make one with "optimum-cli export onnx".`,
  );
}

function groupByComponent(files: readonly ChosenFile[]): Map<string, ChosenFile[]> {
  const groups = new Map<string, ChosenFile[]>();
  for (const file of files) {
    const [component = '', ...rest] = file.path.split('/');
    if (rest.length === 0 || !COMPONENT.test(component)) continue;
    groups.set(component, [...(groups.get(component) ?? []), file]);
  }
  return groups;
}

/** The graph, under the name that the engine looks for, and what lies beside it. */
function chooseAroundGraph(
  component: string,
  files: readonly ChosenFile[],
  variant: string | undefined,
): ChosenFile[] {
  const nameOf = ({ path }: ChosenFile) => path.slice(component.length + 1);
  const direct = files.filter(
    (file) => !nameOf(file).includes('/') && !FOR_OTHERS.test(nameOf(file)),
  );
  const graphs = direct.filter((file) => file.path.endsWith('.onnx'));
  const graph = pickGraph(graphs, nameOf, variant);
  if (graph === undefined) return [];
  const others = graphs.filter((other) => other !== graph).map(nameOf);
  const isOfAnother = (name: string) =>
    !name.startsWith(nameOf(graph)) && others.some((other) => name.startsWith(other));
  return [
    { ...graph, path: `${component}/model.onnx` },
    ...direct.filter((file) => !file.path.endsWith('.onnx') && !isOfAnother(nameOf(file))),
  ];
}

/** The wanted variant; else the plain graph; else the half-precision one, which is what this engine is for. */
function pickGraph(
  graphs: readonly ChosenFile[],
  nameOf: (file: ChosenFile) => string,
  variant: string | undefined,
): ChosenFile | undefined {
  const find = (suffix: string) =>
    graphs.find((graph) =>
      [`model_${suffix}.onnx`, `model.${suffix}.onnx`].includes(nameOf(graph)),
    );
  const plain = graphs.find((graph) => nameOf(graph) === 'model.onnx');
  if (variant !== undefined) return find(variant) ?? plain;
  return plain ?? find('fp16') ?? find('float16') ?? (graphs.length === 1 ? graphs[0] : undefined);
}

const REQUIRED: readonly (readonly [RegExp, string])[] = [
  [/^scheduler\/scheduler_config\.json$/, 'scheduler/scheduler_config.json'],
  [/^tokenizer\/(?:vocab|tokenizer)\.json$/, 'tokenizer/vocab.json'],
  [/^text_encoder\/model\.onnx$/, 'text_encoder/model.onnx'],
  [/^(?:unet|transformer)\/model\.onnx$/, 'unet/model.onnx'],
  [/^vae_decoder\/model\.onnx$/, 'vae_decoder/model.onnx'],
];

function refuseIncomplete(chosen: readonly ChosenFile[], name: string): void {
  const missing = REQUIRED.filter(([pattern]) => !chosen.some(({ path }) => pattern.test(path)));
  if (missing.length === 0) return;
  const names = missing.map(([, path]) => path).join(', ');
  throw new FetchError(
    missing.length >= 3
      ? `${name} has no ONNX files where the engine needs them (${names}); choose an ONNX export of it, or make one with "optimum-cli export onnx".`
      : `${name} is not complete: ${names} is missing; choose another export of the model.`,
  );
}

function refuseAbsurd(chosen: readonly ChosenFile[], name: string): void {
  if (chosen.length > FILES_MAX) {
    throw new FetchError(
      `${name} has ${chosen.length} files for the engine, and no package has more than ${FILES_MAX}; choose another.`,
    );
  }
  for (const { path, remote } of chosen) {
    if (CONFIGURATION.test(path) && remote.sizeBytes > CONFIGURATION_BYTES_MAX) {
      throw new FetchError(
        `${path} of ${name} is said to have ${formatBytes(remote.sizeBytes)}, which no such file has; choose another.`,
      );
    }
    if (!isPlainPath(path)) {
      throw new FetchError(
        `${name} has a file ${JSON.stringify(path.slice(0, 100))}, a name that is not allowed in a package; choose another export.`,
      );
    }
  }
}

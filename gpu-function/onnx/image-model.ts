/** A model package opened in ONNX Runtime, behind the pipeline's port. */
import { GenerationError } from '#contract/generation-error.ts';
import { basename, join } from 'node:path';
import { digestOfPackage, readPackage } from '../../models/read-package.ts';
import type { ModelPackage } from '../../models/read-package.ts';
import type { ImageModel, Tensor } from '../pipeline/ports.ts';
import { readTokenizer } from '../prompt/read-tokenizer.ts';
import type { Tokenizer } from '../prompt/tokenizer.ts';
import { isFiniteData } from '../sampling/finite-data.ts';
import { createDenoisingNetwork, refuseNotFinite } from './denoising-network.ts';
import type { DenoisingNetwork } from './denoising-network.ts';
import { openGraph } from './graph.ts';
import type { Graph } from './graph.ts';
import type { RuntimeOptions } from './session-options.ts';
import { createTextEncoding } from './text-encoding.ts';
import type { TextEncoding } from './text-encoding.ts';

const DECODER_FILE = 'vae_decoder/model.onnx';

interface OpenParts {
  tokenizer: Tokenizer;
  encodePrompt: TextEncoding;
  network: DenoisingNetwork;
  decoder: Graph;
}

/**
 * Loads a package; its id is the folder's name.
 * Throws a GenerationError: `model-broken` names the file that is wrong, `not-ready` a provider that is not there.
 * A load that fails leaves nothing open.
 */
export async function loadImageModel(folder: string, options: RuntimeOptions): Promise<ImageModel> {
  const modelPackage = await readPackage(folder, basename(folder));
  const graphs: Graph[] = [];
  const open = async (file: string) => {
    const graph = await openGraph(folder, file, options);
    graphs.push(graph);
    return graph;
  };
  try {
    const parts = await openParts(modelPackage, open);
    const digest = await digestOfPackage(modelPackage);
    const openSafeDecoder = () => openGraph(folder, DECODER_FILE, { ...options, provider: 'cpu' });
    return createImageModel(modelPackage, digest, {
      ...parts,
      graphs,
      ...(options.provider === 'cpu' ? {} : { openSafeDecoder }),
    });
  } catch (thrown) {
    await Promise.all(graphs.map((graph) => graph.close()));
    throw thrown;
  }
}

async function openParts(
  modelPackage: ModelPackage,
  open: (file: string) => Promise<Graph>,
): Promise<OpenParts> {
  const { family, folder } = modelPackage;
  const [textStage] = family.textStages;
  if (textStage === undefined) throw new RangeError(`${family.name} has no text stage`);
  const encoder = await open(`${textStage.encoder}/model.onnx`);
  const positions = encoder.inputs.get('input_ids')?.dimensions[1];
  const tokenizer = await readTokenizer(
    join(folder, textStage.tokenizer),
    typeof positions === 'number' ? positions : modelPackage.textPositions,
  );
  const network = createDenoisingNetwork(
    await open(`${family.network}/model.onnx`),
    family,
    modelPackage.latentChannels,
  );
  return {
    tokenizer,
    encodePrompt: createTextEncoding(encoder),
    network,
    decoder: await open(DECODER_FILE),
  };
}

interface OpenModel extends OpenParts {
  graphs: Graph[];
  /** Decodes in float32 on the processor, where the decoder runs elsewhere. */
  openSafeDecoder?: () => Promise<Graph>;
}

function createImageModel(
  modelPackage: ModelPackage,
  digest: string,
  model: OpenModel,
): ImageModel {
  const { network, tokenizer, graphs } = model;
  const decode = createDecode(model);
  return {
    description: describeOpened(modelPackage, network),
    digest,
    scheduler: modelPackage.scheduler,
    latentChannels: modelPackage.latentChannels,
    roundsTimesteps: network.roundsTimesteps,
    vaeFactor: modelPackage.vaeFactor,
    sizeMultiplePx: modelPackage.sizeMultiplePx,
    scalingFactor: modelPackage.scalingFactor,
    previewMap: modelPackage.previewMap,
    applyStyle: (prompt, style) => applyStyle(modelPackage, prompt, style),
    tokenize: (prompt) => tokenizer.tokenize(prompt),
    encodePrompt: model.encodePrompt,
    predict: (call) => network.predict(call),
    decode,
    runtimeMs: () => graphs.reduce((sum, graph) => sum + graph.runtimeMs(), 0),
    async dispose() {
      await Promise.all(graphs.splice(0).map((graph) => graph.close()));
    },
  };
}

/** The graph itself knows best whether its size is fixed. */
function describeOpened(modelPackage: ModelPackage, network: DenoisingNetwork) {
  const { description, vaeFactor } = modelPackage;
  if (network.fixedLatentSize === undefined) return description;
  const fixedSize = {
    widthPx: network.fixedLatentSize.width * vaeFactor,
    heightPx: network.fixedLatentSize.height * vaeFactor,
  };
  return { ...description, fixedSize, defaults: { ...description.defaults, ...fixedSize } };
}

function applyStyle(modelPackage: ModelPackage, prompt: string, style: string): string {
  const styles = modelPackage.manifest.styles ?? {};
  const template = Object.hasOwn(styles, style) ? styles[style] : undefined;
  if (template !== undefined) return template.replaceAll('{prompt}', () => prompt);
  const names = Object.keys(styles);
  throw new GenerationError(
    'style-unknown',
    names.length === 0
      ? `The model ${modelPackage.description.id} has no styles; leave "${style}" out.`
      : `There is no style "${style}" for the model ${modelPackage.description.id}; choose one of: ${names.join(', ')}.`,
  );
}

function createDecode(model: OpenModel): (latents: Tensor) => Promise<Tensor> {
  const run = (decoder: Graph, latents: Tensor) => {
    const [input] = decoder.inputs.keys();
    const [output] = decoder.outputs.keys();
    return decoder.run({ [input ?? 'latent_sample']: latents }, output ?? 'sample');
  };
  let safeDecoder: Promise<Graph> | undefined;
  return async (latents) => {
    const pictures = await run(model.decoder, latents);
    // A float16 VAE can overflow (SDXL's does) and then gives a black picture; float32 arithmetic does not.
    if (!isFiniteData(pictures.data) && model.openSafeDecoder !== undefined) {
      safeDecoder ??= model.openSafeDecoder().catch((error: unknown) => {
        // Not remembered: the next picture may find the memory that this one lacked.
        safeDecoder = undefined;
        throw error;
      });
      const decoder = await safeDecoder;
      if (!model.graphs.includes(decoder)) model.graphs.push(decoder);
      return run(decoder, latents);
    }
    refuseNotFinite(pictures, model.decoder.file);
    return pictures;
  };
}

/** A model package opened in ONNX Runtime, behind the pipeline's port. */
import { GenerationError } from '#contract/generation-error.ts';
import { basename, join } from 'node:path';
import { digestOfPackage, readPackage } from '../../models/read-package.ts';
import type { ModelPackage } from '../../models/read-package.ts';
import type { ImageModel, TextStage } from '../pipeline/ports.ts';
import { readTokenizer } from '../prompt/read-tokenizer.ts';
import { createDenoisingNetwork } from './denoising-network.ts';
import type { DenoisingNetwork } from './denoising-network.ts';
import { openGraph } from './graph.ts';
import type { Graph } from './graph.ts';
import type { RuntimeOptions } from './session-options.ts';
import { createTextStage } from './text-stage.ts';
import { createDecode, createEncode } from './vae.ts';

type OpenFile = (file: string, options?: Partial<RuntimeOptions>) => Promise<Graph>;

/**
 * Loads a package; its id is the folder's name.
 * Throws a GenerationError: `model-broken` names the file that is wrong, `not-ready` a provider that is not there.
 * A load that fails leaves nothing open.
 */
export async function loadImageModel(folder: string, options: RuntimeOptions): Promise<ImageModel> {
  const modelPackage = await readPackage(folder, basename(folder));
  const graphs: Graph[] = [];
  const open: OpenFile = async (file, changes) => {
    const graph = await openGraph(folder, file, { ...options, ...changes });
    graphs.push(graph);
    return graph;
  };
  try {
    const textStages = await openTextStages(modelPackage, open);
    const network = createDenoisingNetwork(await open(modelPackage.graphFiles.network), {
      ...modelPackage,
      // What a graphics card has left cannot be asked for here: there a failed run tells.
      availableBytes: options.provider === 'cpu' ? () => process.availableMemory() : () => Infinity,
    });
    const decoder = await open(modelPackage.graphFiles.decoder);
    const digest = await digestOfPackage(modelPackage);
    const vaeFacts = { ...modelPackage, id: modelPackage.description.id };
    return createImageModel(modelPackage, digest, {
      sizeBuckets: options.sizeBuckets,
      textStages,
      network,
      decode: createDecode(
        decoder,
        options.provider === 'cpu' ? undefined : () => open(decoder.file, { provider: 'cpu' }),
        vaeFacts,
      ),
      encode: createEncode(openerOf(modelPackage.graphFiles.encoder, open), vaeFacts),
      graphs,
    });
  } catch (thrown) {
    await Promise.all(graphs.map((graph) => graph.close()));
    throw thrown;
  }
}

function openerOf(file: string | undefined, open: OpenFile): (() => Promise<Graph>) | undefined {
  return file === undefined ? undefined : () => open(file);
}

async function openTextStages(modelPackage: ModelPackage, open: OpenFile): Promise<TextStage[]> {
  const stages: TextStage[] = [];
  for (const [index, layout] of modelPackage.family.textStages.entries()) {
    const encoder = await open(modelPackage.graphFiles.textEncoders[index] ?? '');
    const positions = encoder.inputs.get('input_ids')?.dimensions[1];
    const tokenizer = await readTokenizer(
      join(modelPackage.folder, layout.tokenizer),
      typeof positions === 'number' ? positions : modelPackage.textPositions[index],
    );
    stages.push(createTextStage(encoder, tokenizer, layout));
  }
  return stages;
}

interface OpenModel extends Pick<ImageModel, 'textStages' | 'decode' | 'encode' | 'sizeBuckets'> {
  network: DenoisingNetwork;
  graphs: Graph[];
}

function createImageModel(
  modelPackage: ModelPackage,
  digest: string,
  model: OpenModel,
): ImageModel {
  const { network, graphs } = model;
  const { conditioningInputs } = modelPackage.family;
  return {
    description: describeOpened(modelPackage, network),
    digest,
    scheduler: modelPackage.scheduler,
    latentChannels: modelPackage.latentChannels,
    roundsTimesteps: network.roundsTimesteps,
    vaeFactor: modelPackage.vaeFactor,
    sizeMultiplePx: modelPackage.sizeMultiplePx,
    sizeBuckets: model.sizeBuckets,
    scalingFactor: modelPackage.scalingFactor,
    shiftFactor: modelPackage.shiftFactor,
    isInpainting: network.isInpainting,
    usesPooledEmbedding: conditioningInputs.includes('text_embeds'),
    usesTimeIds: conditioningInputs.includes('time_ids'),
    hasFixedPromptLength: network.hasFixedPromptLength,
    guidanceEmbeddingWidth: network.guidanceEmbeddingWidth,
    zeroesEmptyNegative: modelPackage.zeroesEmptyNegative,
    previewMap: modelPackage.previewMap,
    applyStyle: (prompt, style) => applyStyle(modelPackage, prompt, style),
    textStages: model.textStages,
    predict: (call) => network.predict(call),
    encode: model.encode,
    decode: model.decode,
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

/** The autoencoder's two graphs: latents to pictures, and pictures to what latents are drawn from. */
import { GenerationError } from '#contract/generation-error.ts';
import type { Tensor, VaeEncoding } from '../pipeline/ports.ts';
import { isFiniteData } from '../sampling/finite-data.ts';
import { refuseNotFinite } from './denoising-network.ts';
import type { Graph } from './graph.ts';
import { runInTiles } from './run-in-tiles.ts';

type OpenGraph = () => Promise<Graph>;

/** Runs the only input and the first output, whatever the exporter called them. */
function runThrough(graph: Graph, tensor: Tensor): Promise<Tensor> {
  const [input = 'sample'] = graph.inputs.keys();
  const [output = 'sample'] = graph.outputs.keys();
  return graph.run({ [input]: tensor }, output);
}

/** Pictures of more pixels than this are done in tiles: the VAE's attention alone would take gigabytes. */
const WHOLE_PIXELS_MAX = 1024 ** 2;
/** No smaller tiles, whatever size a VAE was trained at: each tile's normalisation sees that tile only. */
const TILE_PX_MIN = 512;

export interface VaeFacts {
  id: string;
  latentChannels: number;
  /** Pixels per latent cell. */
  vaeFactor: number;
  /** Side of the pictures that it was trained on. */
  trainedPx: number;
}

/**
 * @param openSafely opens the decoder where its arithmetic is float32, for when its own overflows; none where it is so
 */
export function createDecode(
  decoder: Graph,
  openSafely: OpenGraph | undefined,
  facts: VaeFacts,
): (latents: Tensor) => Promise<Tensor> {
  const safeDecoder = openSafely === undefined ? undefined : openOnce(openSafely);
  const tiling = {
    tileSide: tilePxOf(facts) / facts.vaeFactor,
    scale: facts.vaeFactor,
    pixelsPerCell: facts.vaeFactor ** 2,
  };
  return async (latents) => {
    const pictures = await runWholeOrTiled(latents, decoder, tiling);
    // A float16 VAE can overflow (SDXL's does) and then gives a black picture; float32 arithmetic does not.
    if (!isFiniteData(pictures.data) && safeDecoder !== undefined) {
      const again = await runWholeOrTiled(latents, await safeDecoder(), tiling);
      refuseNotFinite(again, decoder.file);
      return again;
    }
    refuseNotFinite(pictures, decoder.file);
    return pictures;
  };
}

/** @param open opens the encoder: it is wanted by few jobs, so not before the first one */
export function createEncode(
  open: OpenGraph | undefined,
  facts: VaeFacts,
): (pictures: Tensor) => Promise<VaeEncoding> {
  const encoder = open === undefined ? undefined : openOnce(open);
  const tiling = { tileSide: tilePxOf(facts), scale: 1 / facts.vaeFactor, pixelsPerCell: 1 };
  return async (pictures) => {
    if (encoder === undefined) {
      throw new GenerationError(
        'invalid-request',
        `The model ${facts.id} cannot start from a picture, its package has no vae_encoder/model.onnx; choose another model or leave the picture out.`,
      );
    }
    const graph = await encoder();
    const encoded = await runWholeOrTiled(pictures, graph, tiling);
    refuseNotFinite(encoded, graph.file);
    return toEncoding(graph.file, encoded, facts.latentChannels);
  };
}

const tilePxOf = ({ trainedPx }: VaeFacts) => Math.max(TILE_PX_MIN, trainedPx);

/** In tiles where the picture is large, or where the memory turns out too small for the whole. */
async function runWholeOrTiled(
  input: Tensor,
  graph: Graph,
  tiling: { tileSide: number; scale: number; pixelsPerCell: number },
): Promise<Tensor> {
  const [, , height = 0, width = 0] = input.shape;
  const run = (tile: Tensor) => runThrough(graph, tile);
  const inTiles = () => runInTiles(input, { ...tiling, run });
  if (height * width * tiling.pixelsPerCell > WHOLE_PIXELS_MAX) return inTiles();
  try {
    return await run(input);
  } catch (error) {
    const isLarge = Math.max(height, width) > tiling.tileSide;
    if (error instanceof GenerationError && error.code === 'out-of-memory' && isLarge) {
      return inTiles();
    }
    throw error;
  }
}

/** Exporters call their outputs as they like, but a distribution has twice the channels of a sample. */
function toEncoding(file: string, encoded: Tensor, latentChannels: number): VaeEncoding {
  const channels = encoded.shape[1];
  if (channels === latentChannels) return { kind: 'sampled', latents: encoded };
  if (channels === 2 * latentChannels) {
    const [mean, logVariance] = splitChannels(encoded);
    return { kind: 'parameters', mean, logVariance };
  }
  throw new GenerationError(
    'model-broken',
    `${file} gives ${channels} channels where ${latentChannels} or ${2 * latentChannels} are expected; fetch the package again.`,
  );
}

/** The two halves of every picture's channels. */
function splitChannels({ data, shape }: Tensor): [Tensor, Tensor] {
  const [rows = 0, channels = 0, ...sides] = shape;
  const half = data.length / rows / 2;
  const halfShape = [rows, channels / 2, ...sides];
  const takeHalf = (which: 0 | 1): Tensor => {
    const values = new Float32Array(rows * half);
    for (let row = 0; row < rows; row++) {
      const start = (2 * row + which) * half;
      values.set(data.subarray(start, start + half), row * half);
    }
    return { data: values, shape: halfShape };
  };
  return [takeHalf(0), takeHalf(1)];
}

/** What failed is not remembered: the next picture may find the memory that this one lacked. */
function openOnce(open: OpenGraph): OpenGraph {
  let opened: Promise<Graph> | undefined;
  return () => {
    opened ??= open().catch((error: unknown) => {
      opened = undefined;
      throw error;
    });
    return opened;
  };
}

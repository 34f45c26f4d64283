/** The autoencoder's two graphs: latents to pictures, and pictures to what latents are drawn from. */
import { GenerationError } from '#contract/generation-error.ts';
import type { Tensor, VaeEncoding } from '../pipeline/ports.ts';
import { isFiniteData } from '../sampling/finite-data.ts';
import { refuseNotFinite } from './denoising-network.ts';
import type { Graph } from './graph.ts';

type OpenGraph = () => Promise<Graph>;

/** Runs the only input and the first output, whatever the exporter called them. */
function runThrough(graph: Graph, tensor: Tensor): Promise<Tensor> {
  const [input = 'sample'] = graph.inputs.keys();
  const [output = 'sample'] = graph.outputs.keys();
  return graph.run({ [input]: tensor }, output);
}

/**
 * @param openSafely opens the decoder where its arithmetic is float32, for when its own overflows; none where it is so
 */
export function createDecode(
  decoder: Graph,
  openSafely: OpenGraph | undefined,
): (latents: Tensor) => Promise<Tensor> {
  const safeDecoder = openSafely === undefined ? undefined : openOnce(openSafely);
  return async (latents) => {
    const pictures = await runThrough(decoder, latents);
    // A float16 VAE can overflow (SDXL's does) and then gives a black picture; float32 arithmetic does not.
    if (!isFiniteData(pictures.data) && safeDecoder !== undefined) {
      const again = await runThrough(await safeDecoder(), latents);
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
  { id, latentChannels }: { id: string; latentChannels: number },
): (pictures: Tensor) => Promise<VaeEncoding> {
  const encoder = open === undefined ? undefined : openOnce(open);
  return async (pictures) => {
    if (encoder === undefined) {
      throw new GenerationError(
        'invalid-request',
        `The model ${id} cannot start from a picture, its package has no vae_encoder/model.onnx; choose another model or leave the picture out.`,
      );
    }
    const graph = await encoder();
    const encoded = await runThrough(graph, pictures);
    refuseNotFinite(encoded, graph.file);
    return toEncoding(graph.file, encoded, latentChannels);
  };
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

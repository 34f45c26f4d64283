/** Whole packages of every family and dialect, written in a moment: graphs of tiny-graphs.ts, the tiny tokenizer. */
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tinyModelFolder } from '../fixture-paths.ts';
import { weightBytes, writeOnnxFile } from './onnx-file.ts';
import type { ElementType, GraphPort, OnnxGraph, Weights } from './onnx-file.ts';
import {
  createDecoderGraph,
  createEncoderGraph,
  createNetworkGraph,
  createTextGraph,
  LATENT_CHANNELS,
} from './tiny-graphs.ts';
import type { Precision } from './tiny-graphs.ts';

export const TEXT_WIDTHS = [4, 6] as const;
const GUIDANCE_WIDTH = 8;

export interface TinyPackageKind extends Precision {
  className: string;
  /** Two text encoders, pooled text and picture sizes, as Stable Diffusion XL. */
  isLarge: boolean;
  isInpainting: boolean;
  takesGuidance: boolean;
  ids: 'int32' | 'int64';
  timestep: { type: ElementType; sides: GraphPort['dimensions'] };
  encoder: 'parameters' | 'sampled' | 'none';
  /** Weights are kept in a file of this name beside each graph. */
  externalFile: string | undefined;
  graphName: string;
  /** Old exports have no config.json beside their graphs. */
  hasConfigs: boolean;
  scheduler: object;
  /** Other names than Optimum's. */
  outputs: { hidden?: string; pooled?: string; network?: string };
  ballast: { channels: number; layers: number } | undefined;
  hasMask: boolean;
  /** The text encoders show their single layers. */
  hasLayers: boolean;
}

/** As Optimum exports Stable Diffusion today. */
const PLAIN: TinyPackageKind = {
  className: 'StableDiffusionPipeline',
  weights: 'float32',
  border: 'float32',
  isLarge: false,
  isInpainting: false,
  takesGuidance: false,
  ids: 'int64',
  timestep: { type: 'float32', sides: [] },
  encoder: 'parameters',
  externalFile: undefined,
  graphName: 'model.onnx',
  hasConfigs: true,
  scheduler: {
    _class_name: 'EulerDiscreteScheduler',
    beta_start: 0.00085,
    beta_end: 0.012,
    beta_schedule: 'scaled_linear',
    steps_offset: 1,
    timestep_spacing: 'leading',
  },
  outputs: {},
  ballast: undefined,
  hasMask: false,
  hasLayers: true,
};

export async function writeTinyPackage(
  folder: string,
  changes: Partial<TinyPackageKind> = {},
): Promise<TinyPackageKind> {
  const kind = { ...PLAIN, ...changes };
  await writeJson(folder, 'model_index.json', { _class_name: kind.className });
  await writeJson(folder, 'scheduler/scheduler_config.json', kind.scheduler);
  const textParts = kind.isLarge ? ['', '_2'] : [''];
  for (const [index, suffix] of textParts.entries()) {
    const isLast = index === textParts.length - 1;
    const { hidden, pooled = kind.isLarge && isLast ? 'text_embeds' : undefined } = kind.outputs;
    const graph = createTextGraph({
      ...kind,
      width: TEXT_WIDTHS[index] ?? 0,
      step: 0.001 * (index + 1),
      ...(hidden === undefined ? {} : { hiddenOutput: hidden }),
      ...(pooled === undefined ? {} : { pooledOutput: pooled }),
    });
    await writeGraph(folder, `text_encoder${suffix}`, graph, kind);
    await writeTokenizer(
      join(folder, `tokenizer${suffix}`),
      isLast && kind.isLarge ? '!' : undefined,
    );
  }
  await writeGraph(folder, 'unet', createNetworkGraph(networkOptions(kind)), kind);
  await writeGraph(folder, 'vae_decoder', createDecoderGraph(kind), kind);
  if (kind.encoder !== 'none') {
    await writeGraph(folder, 'vae_encoder', createEncoderGraph(kind, kind.encoder), kind);
  }
  if (kind.hasConfigs) await writeConfigs(folder, kind);
  return kind;
}

function networkOptions(kind: TinyPackageKind) {
  const textWidth = kind.isLarge ? TEXT_WIDTHS[0] + TEXT_WIDTHS[1] : TEXT_WIDTHS[0];
  return {
    ...kind,
    inputChannels: inputChannelsOf(kind),
    conditioning: {
      encoder_hidden_states: textWidth,
      ...(kind.isLarge ? { text_embeds: TEXT_WIDTHS[1], time_ids: 6 } : {}),
      ...(kind.takesGuidance ? { timestep_cond: GUIDANCE_WIDTH } : {}),
    },
    ...(kind.outputs.network === undefined ? {} : { outputName: kind.outputs.network }),
  };
}

export const inputChannelsOf = ({ isInpainting }: Pick<TinyPackageKind, 'isInpainting'>): number =>
  isInpainting ? 2 * LATENT_CHANNELS + 1 : LATENT_CHANNELS;

async function writeConfigs(folder: string, kind: TinyPackageKind): Promise<void> {
  await writeJson(folder, 'unet/config.json', {
    in_channels: inputChannelsOf(kind),
    out_channels: LATENT_CHANNELS,
    sample_size: 8,
    block_out_channels: [8, 16],
    time_cond_proj_dim: kind.takesGuidance ? GUIDANCE_WIDTH : null,
  });
  await writeJson(folder, 'vae_decoder/config.json', {
    latent_channels: LATENT_CHANNELS,
    scaling_factor: kind.isLarge ? 0.13025 : 0.18215,
    block_out_channels: [4, 4, 8, 8],
  });
}

async function writeGraph(
  folder: string,
  part: string,
  graph: OnnxGraph,
  { graphName, externalFile }: TinyPackageKind,
): Promise<void> {
  await mkdir(join(folder, part), { recursive: true });
  const { graph: stored, bytes } =
    externalFile === undefined ? { graph, bytes: undefined } : moveWeightsOut(graph, externalFile);
  if (externalFile !== undefined && bytes !== undefined) {
    await writeFile(join(folder, part, externalFile), bytes);
  }
  await writeFile(join(folder, part, graphName), writeOnnxFile(stored));
}

/** The same graph with its weights in a file beside it, and that file's bytes. */
function moveWeightsOut(graph: OnnxGraph, file: string): { graph: OnnxGraph; bytes: Buffer } {
  const parts: Buffer[] = [];
  let offset = 0;
  const weights: Record<string, Weights> = {};
  for (const [name, weight] of Object.entries(graph.weights ?? {})) {
    const bytes = weightBytes(weight);
    weights[name] = { ...weight, external: { file, offset, length: bytes.length } };
    parts.push(bytes);
    offset += bytes.length;
  }
  return { graph: { ...graph, weights }, bytes: Buffer.concat(parts) };
}

async function writeTokenizer(folder: string, pad: string | undefined): Promise<void> {
  await cp(join(tinyModelFolder, 'tokenizer'), folder, { recursive: true });
  if (pad === undefined) return;
  await writeJson(folder, 'special_tokens_map.json', { pad_token: pad });
  await writeJson(folder, 'tokenizer_config.json', { model_max_length: 77 });
}

async function writeJson(folder: string, path: string, content: object): Promise<void> {
  const file = join(folder, path);
  await mkdir(join(file, '..'), { recursive: true });
  await writeFile(file, JSON.stringify(content));
}

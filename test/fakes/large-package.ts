/**
 * A package of Stable Diffusion 1.5's true size in float16: 860 million parameters in the U-Net, 123 in the text encoder,
 * 50 in the decoder, all random. Its graphs are plainer than the real ones; what counts is loading and holding them.
 */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toFloat16 } from '../../gpu-function/onnx/float16.ts';
import { createTorchRandom } from '../../gpu-function/sampling/torch-random.ts';
import { elementTypeOf, writeOnnxFile } from './onnx-file.ts';
import type { OnnxGraph, Weights } from './onnx-file.ts';
import { writeTinyPackage } from './tiny-package.ts';

const EXTERNAL_FILE = 'model.onnx_data';
const BYTES_PER_WEIGHT = 2;
/** Random numbers are made once and used again and again: only their size counts. */
const BLOCK_VALUES = 1 << 22;

const CHANNELS = 1280;
const NETWORK_LAYERS = 58;
const TEXT_WIDTH = 768;
const VOCABULARY = 49_408;
const TEXT_LAYERS = 18;
const DECODER_CHANNELS = 512;
const DECODER_LAYERS = 21;

type Nodes = OnnxGraph['nodes'][number][];

/** Collects weights that lie beside the graph, one behind the other. */
function createWeightList() {
  const weights: Record<string, Weights> = {};
  let offset = 0;
  return {
    weights,
    bytes: () => offset,
    add(shape: readonly number[]) {
      const name = `weight_${Object.keys(weights).length}`;
      const length = shape.reduce((product, side) => product * side, BYTES_PER_WEIGHT);
      const external = { file: EXTERNAL_FILE, offset, length };
      weights[name] = { type: 'float16', shape, values: [], external };
      offset += length;
      return name;
    },
  };
}

const to = (type: 'float16' | 'float32') => ({ to: elementTypeOf(type) });

/** From 64×64 cells to 8×8, through 58 convolutions of 1280 channels, and back. */
function createNetwork(): { graph: OnnxGraph; bytes: number } {
  const list = createWeightList();
  const strided = { kernel_shape: [8, 8], strides: [8, 8] };
  const nodes: Nodes = [
    {
      operator: 'Conv',
      inputs: ['sample', list.add([CHANNELS, 4, 8, 8])],
      output: 'in',
      attributes: strided,
    },
    {
      operator: 'MatMul',
      inputs: ['encoder_hidden_states', list.add([TEXT_WIDTH, CHANNELS])],
      output: 'words',
    },
    {
      operator: 'ReduceMean',
      inputs: ['words'],
      output: 'word',
      attributes: { axes: [1], keepdims: 0 },
    },
    { operator: 'Unsqueeze', inputs: ['word', 'plane'], output: 'bias' },
    { operator: 'Cast', inputs: ['timestep'], output: 'time', attributes: to('float16') },
    { operator: 'Sin', inputs: ['time'], output: 'wave' },
    { operator: 'Add', inputs: ['in', 'bias'], output: 'told' },
    { operator: 'Add', inputs: ['told', 'wave'], output: 'layer_0' },
  ];
  for (let index = 0; index < NETWORK_LAYERS; index++) {
    nodes.push(
      {
        operator: 'Conv',
        inputs: [`layer_${index}`, list.add([CHANNELS, CHANNELS, 3, 3])],
        output: `convolved_${index}`,
        attributes: { pads: [1, 1, 1, 1] },
      },
      { operator: 'Tanh', inputs: [`convolved_${index}`], output: `layer_${index + 1}` },
    );
  }
  nodes.push(
    {
      operator: 'Conv',
      inputs: [`layer_${NETWORK_LAYERS}`, list.add([4 * 64, CHANNELS, 1, 1])],
      output: 'out',
    },
    {
      operator: 'DepthToSpace',
      inputs: ['out'],
      output: 'out_sample',
      attributes: { blocksize: 8 },
    },
  );
  const sides = ['batch', 4, 'height', 'width'];
  return {
    bytes: list.bytes(),
    graph: {
      inputs: [
        { name: 'sample', type: 'float16', dimensions: sides },
        { name: 'timestep', type: 'float32', dimensions: [] },
        {
          name: 'encoder_hidden_states',
          type: 'float16',
          dimensions: ['batch', 'tokens', TEXT_WIDTH],
        },
      ],
      outputs: [{ name: 'out_sample', type: 'float16', dimensions: sides }],
      nodes,
      weights: list.weights,
      constants: { plane: [2, 3] },
    },
  };
}

function createTextEncoder(): { graph: OnnxGraph; bytes: number } {
  const list = createWeightList();
  const nodes: Nodes = [
    {
      operator: 'Gather',
      inputs: [list.add([VOCABULARY, TEXT_WIDTH]), 'input_ids'],
      output: 'layer_0',
    },
  ];
  for (let index = 0; index < TEXT_LAYERS; index++) {
    nodes.push(
      {
        operator: 'MatMul',
        inputs: [`layer_${index}`, list.add([TEXT_WIDTH, 4 * TEXT_WIDTH])],
        output: `wide_${index}`,
      },
      { operator: 'Tanh', inputs: [`wide_${index}`], output: `bent_${index}` },
      {
        operator: 'MatMul',
        inputs: [`bent_${index}`, list.add([4 * TEXT_WIDTH, TEXT_WIDTH])],
        output: `layer_${index + 1}`,
      },
    );
  }
  nodes.push({ operator: 'Tanh', inputs: [`layer_${TEXT_LAYERS}`], output: 'last_hidden_state' });
  return {
    bytes: list.bytes(),
    graph: {
      inputs: [{ name: 'input_ids', type: 'int64', dimensions: ['batch', 'tokens'] }],
      outputs: [
        { name: 'last_hidden_state', type: 'float16', dimensions: ['batch', 'tokens', TEXT_WIDTH] },
      ],
      nodes,
      weights: list.weights,
    },
  };
}

function createDecoder(): { graph: OnnxGraph; bytes: number } {
  const list = createWeightList();
  const pads = { pads: [1, 1, 1, 1] };
  const nodes: Nodes = [
    {
      operator: 'Conv',
      inputs: ['latent_sample', list.add([DECODER_CHANNELS, 4, 3, 3])],
      output: 'layer_0',
      attributes: pads,
    },
  ];
  for (let index = 0; index < DECODER_LAYERS; index++) {
    nodes.push(
      {
        operator: 'Conv',
        inputs: [`layer_${index}`, list.add([DECODER_CHANNELS, DECODER_CHANNELS, 3, 3])],
        output: `convolved_${index}`,
        attributes: pads,
      },
      { operator: 'Tanh', inputs: [`convolved_${index}`], output: `layer_${index + 1}` },
    );
  }
  nodes.push(
    {
      operator: 'Conv',
      inputs: [`layer_${DECODER_LAYERS}`, list.add([3 * 64, DECODER_CHANNELS, 1, 1])],
      output: 'out',
    },
    { operator: 'DepthToSpace', inputs: ['out'], output: 'sample', attributes: { blocksize: 8 } },
  );
  return {
    bytes: list.bytes(),
    graph: {
      inputs: [
        { name: 'latent_sample', type: 'float16', dimensions: ['batch', 4, 'height', 'width'] },
      ],
      outputs: [{ name: 'sample', type: 'float16', dimensions: ['batch', 3, 'h', 'w'] }],
      nodes,
      weights: list.weights,
    },
  };
}

/** Writes the package, about 2.1 GB; returns the bytes of its weights. */
export async function writeLargePackage(folder: string): Promise<number> {
  await writeTinyPackage(folder, { encoder: 'none', hasConfigs: false });
  const block = toFloat16(
    createTorchRandom(1)
      .normal(BLOCK_VALUES)
      .map((value) => value * 0.01),
  );
  const bytes = Buffer.from(block.buffer);
  let total = 0;
  for (const [part, create] of [
    ['unet', createNetwork],
    ['text_encoder', createTextEncoder],
    ['vae_decoder', createDecoder],
  ] as const) {
    const { graph, bytes: length } = create();
    await mkdir(join(folder, part), { recursive: true });
    await writeFile(join(folder, part, 'model.onnx'), writeOnnxFile(graph));
    await writeRepeated(join(folder, part, EXTERNAL_FILE), bytes, length);
    total += length;
  }
  return total;
}

async function writeRepeated(file: string, block: Buffer, length: number): Promise<void> {
  const stream = createWriteStream(file);
  for (let at = 0; at < length; at += block.length) {
    const part = block.subarray(0, Math.min(block.length, length - at));
    if (!stream.write(part)) await once(stream, 'drain');
  }
  stream.end();
  await once(stream, 'finish');
}

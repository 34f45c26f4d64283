/** Graphs of the shapes that diffusion packages have, small enough to work out by hand: every input has its say. */
import { elementTypeOf } from './onnx-file.ts';
import type { ElementType, GraphPort, OnnxGraph, Weights } from './onnx-file.ts';

/** How a graph stores and shows its numbers. */
export interface Precision {
  /** Of the weights, and of the arithmetic inside. */
  weights: 'float32' | 'float16';
  /** Of inputs and outputs. */
  border: 'float32' | 'float16';
}

const VAE_FACTOR = 8;
export const LATENT_CHANNELS = 4;
const TEXT_LAYERS = 3;

/** A row of numbers that differ, so that a wrong order shows. */
const rowOf = (length: number, step: number): number[] =>
  Array.from({ length }, (_, index) => (index + 1) * step);

/** 1×1 convolution: how much of each input channel goes into each output channel. */
export const kernelOf = (outputs: number, inputs: number): number[] =>
  Array.from({ length: outputs * inputs }, (_, at) => {
    const [output, input] = [Math.floor(at / inputs), at % inputs];
    return output % inputs === input ? 0.5 : 0.01 * (input + 1);
  });

type Node = OnnxGraph['nodes'][number];

/** Puts a graph together; numbers are cast to the precision of the weights on their way in, and back on their way out. */
function createBuilder({ weights: inner, border }: Precision) {
  const nodes: Node[] = [];
  const weights: Record<string, Weights> = {};
  const inputs: GraphPort[] = [];
  const outputs: GraphPort[] = [];
  const add = (operator: string, from: readonly string[], attributes: Node['attributes'] = {}) => {
    const output = `${operator}_${nodes.length}`;
    nodes.push({ operator, inputs: from, output, attributes });
    return output;
  };
  return {
    add,
    input(name: string, dimensions: GraphPort['dimensions'], type: ElementType = border) {
      inputs.push({ name, type, dimensions });
      return add('Cast', [name], { to: elementTypeOf(inner) });
    },
    output(name: string, dimensions: GraphPort['dimensions'], from: string) {
      outputs.push({ name, type: border, dimensions });
      nodes.push({
        operator: 'Cast',
        inputs: [from],
        output: name,
        attributes: { to: elementTypeOf(border) },
      });
    },
    weight(name: string, shape: readonly number[], values: readonly number[]) {
      weights[name] = { type: inner, shape, values };
      return name;
    },
    build: (): OnnxGraph => ({
      inputs,
      outputs,
      nodes,
      weights,
      constants: { column: [-1, 1, 1, 1], last: [2] },
    }),
  };
}

export interface TextGraphOptions extends Precision {
  ids: 'int32' | 'int64';
  width: number;
  /** Of the text encoders that families join, so that they differ. */
  step: number;
  /** Names of the outputs; Microsoft's exports call them otherwise. */
  hiddenOutput?: string;
  pooledOutput?: string;
  hasLayers: boolean;
  /** Wants an attention mask, whose ones leave the layers as they are. */
  hasMask: boolean;
}

/** Layer n is sin(id · row · (n + 1)); the last goes through a layer norm; pooled is the mean of the first layer. */
export function createTextGraph(options: TextGraphOptions): OnnxGraph {
  const { width, step, hasLayers, ids } = options;
  const { hiddenOutput = 'last_hidden_state', pooledOutput = 'pooler_output' } = options;
  const graph = createBuilder(options);
  const tokens = ['batch', 'sequence', width] as const;
  const column = graph.add('Unsqueeze', [
    graph.input('input_ids', ['batch', 'sequence'], ids),
    'last',
  ]);
  const seen = options.hasMask
    ? graph.add('Mul', [
        column,
        graph.add('Unsqueeze', [graph.input('attention_mask', ['batch', 'sequence'], ids), 'last']),
      ])
    : column;
  const scaled = graph.add('Mul', [seen, graph.weight('row', [width], rowOf(width, step))]);
  const layers = Array.from({ length: TEXT_LAYERS }, (_, index) =>
    graph.add('Sin', [
      graph.add('Mul', [scaled, graph.weight(`times_${index}`, [1], [index + 1])]),
    ]),
  );
  const normalised = graph.add(
    'LayerNormalization',
    [
      layers.at(-1) ?? '',
      graph.weight('norm_weight', [width], rowOf(width, 0.3)),
      graph.weight('norm_bias', [width], rowOf(width, -0.1)),
    ],
    { axis: -1 },
  );
  graph.output(hiddenOutput, tokens, normalised);
  const pooled = graph.add('ReduceMean', [layers[0] ?? ''], { axes: [1], keepdims: 0 });
  graph.output(pooledOutput, ['batch', width], pooled);
  if (hasLayers) {
    for (const [index, layer] of layers.entries()) {
      graph.output(`hidden_states.${index}`, tokens, layer);
    }
  }
  return graph.build();
}

export interface NetworkGraphOptions extends Precision {
  inputChannels: number;
  timestep: { type: ElementType; sides: GraphPort['dimensions'] };
  /** Conditioning inputs with the width of each. */
  conditioning: Readonly<Record<string, number>>;
  outputName?: string;
  /** Convolutions on the way, so that a call takes as long as a network's does; they hardly change the numbers. */
  ballast?: { channels: number; layers: number } | undefined;
}

/** 1×1 convolution of the sample, plus the timestep / 1000, plus the mean of each conditioning input times its row. */
export function createNetworkGraph(options: NetworkGraphOptions): OnnxGraph {
  const { inputChannels, timestep, conditioning, outputName = 'out_sample' } = options;
  const graph = createBuilder(options);
  const sides = ['height', 'width'] as const;
  const kernel = graph.weight(
    'kernel',
    [LATENT_CHANNELS, inputChannels, 1, 1],
    kernelOf(LATENT_CHANNELS, inputChannels),
  );
  const sample = graph.input('sample', ['batch', inputChannels, ...sides]);
  let sum = graph.add('Conv', [sample, kernel]);
  const addOne = (value: string) => {
    sum = graph.add('Add', [sum, graph.add('Reshape', [value, 'column'])]);
  };
  const time = graph.input('timestep', timestep.sides, timestep.type);
  addOne(graph.add('Mul', [time, graph.weight('per_step', [1], [0.001])]));
  for (const [index, [name, width]] of Object.entries(conditioning).entries()) {
    const isText = name === 'encoder_hidden_states';
    const value = graph.input(name, isText ? ['batch', 'sequence', width] : ['batch', width]);
    const row = graph.weight(`${name}_row`, [width], rowOf(width, CONDITIONING_STEPS[index] ?? 0));
    const axes = isText ? [1, 2] : [1];
    addOne(graph.add('ReduceMean', [graph.add('Mul', [value, row])], { axes, keepdims: 0 }));
  }
  if (options.ballast !== undefined) sum = addBallast(graph, sum, options.ballast);
  graph.output(outputName, ['batch', LATENT_CHANNELS, ...sides], sum);
  return graph.build();
}

function addBallast(
  graph: ReturnType<typeof createBuilder>,
  value: string,
  { channels, layers }: { channels: number; layers: number },
): string {
  let through = value;
  const convolve = (name: string, outputs: number, inputs: number) => {
    const weight = Array.from({ length: outputs * inputs * 9 }, (_, at) => Math.sin(at) / inputs);
    through = graph.add('Tanh', [
      graph.add('Conv', [through, graph.weight(name, [outputs, inputs, 3, 3], weight)], {
        pads: [1, 1, 1, 1],
      }),
    ]);
  };
  convolve('ballast_in', channels, LATENT_CHANNELS);
  for (let layer = 0; layer < layers; layer++) convolve(`ballast_${layer}`, channels, channels);
  convolve('ballast_out', LATENT_CHANNELS, channels);
  const little = graph.add('Mul', [through, graph.weight('little', [1], [0.01])]);
  return graph.add('Add', [value, little]);
}

/** Of the rows of the conditioning inputs, in their order. */
export const CONDITIONING_STEPS = [0.1, 0.05, 0.0005, 0.02];

/** 1×1 convolution to all pixels of a cell, laid out by DepthToSpace. */
export function createDecoderGraph(precision: Precision): OnnxGraph {
  const graph = createBuilder(precision);
  const pixels = 3 * VAE_FACTOR ** 2;
  const latents = graph.input('latent_sample', ['batch', LATENT_CHANNELS, 'height', 'width']);
  const kernel = graph.weight(
    'kernel',
    [pixels, LATENT_CHANNELS, 1, 1],
    kernelOf(pixels, LATENT_CHANNELS),
  );
  const spread = graph.add('DepthToSpace', [graph.add('Conv', [latents, kernel])], {
    blocksize: VAE_FACTOR,
  });
  graph.output('sample', ['batch', 3, 'height_px', 'width_px'], graph.add('Tanh', [spread]));
  return graph.build();
}

/** The other way round, to a distribution or to a sample. */
export function createEncoderGraph(
  precision: Precision,
  kind: 'parameters' | 'sampled',
): OnnxGraph {
  const graph = createBuilder(precision);
  const pixels = 3 * VAE_FACTOR ** 2;
  const channels = kind === 'parameters' ? 2 * LATENT_CHANNELS : LATENT_CHANNELS;
  const picture = graph.input('sample', ['batch', 3, 'height', 'width']);
  const gathered = graph.add('SpaceToDepth', [picture], { blocksize: VAE_FACTOR });
  const kernel = graph.weight('kernel', [channels, pixels, 1, 1], kernelOf(channels, pixels));
  graph.output(
    kind === 'parameters' ? 'latent_parameters' : 'latent_sample',
    ['batch', channels, 'height_latent', 'width_latent'],
    graph.add('Conv', [gathered, kernel]),
  );
  return graph.build();
}

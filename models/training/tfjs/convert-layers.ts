/** A layers model as an ONNX graph: channels first, batch normalisation folded into the convolutions, mixed precision. */
import {
  inputsOf,
  readActivation,
  readNormalisation,
  readPadding,
  readUpsampling,
  readWindow,
  weightOf,
  type Activation,
  type Layer,
  type LayersModel,
} from './layers-model.ts';
import { createGraphBuilder, type GraphBuilder } from './graph-builder.ts';
import type { OnnxModel, Precision } from './write-onnx.ts';

export interface ConversionOptions {
  /** What pixels in 0..1 are multiplied by before the first layer; the output is divided by it when it is a picture. */
  inputScale: number;
  output: { name: string; dimensions: readonly (number | string)[]; isPicture: boolean };
  input: { name: string; dimensions: readonly (number | string)[] };
  /** Layers that stay in float32. */
  float32Layers: ReadonlySet<string>;
  /** Everything in float32, to judge the conversion apart from its rounding. */
  isFloat32?: boolean;
  documentation: string;
}

interface Conversion {
  model: LayersModel;
  builder: GraphBuilder;
  /** Layer → the value that stands for its output. */
  values: Map<string, string>;
  /** Layer → zeros that the convolution after it takes in. */
  paddings: Map<string, readonly number[]>;
  precisionOf: (layer: Layer) => Precision;
}

export function convertLayers(model: LayersModel, options: ConversionOptions): OnnxModel {
  const builder = createGraphBuilder();
  const precisionOf = (layer: Layer): Precision =>
    options.isFloat32 === true || options.float32Layers.has(layer.config.name)
      ? 'float32'
      : 'float16';
  const conversion: Conversion = {
    model,
    builder,
    values: new Map(),
    paddings: new Map(),
    precisionOf,
  };
  builder.declare(options.input.name, 'float32');
  const scaled = builder.scale(options.input.name, options.inputScale);
  let last = scaled;
  for (const layer of model.layers) {
    last = convertLayer(conversion, layer, scaled);
    conversion.values.set(layer.config.name, last);
  }
  const plain = builder.as(last, 'float32');
  const result = options.output.isPicture ? builder.scale(plain, 1 / options.inputScale) : plain;
  builder.name(result, options.output.name);
  return {
    ...builder.build(),
    input: options.input,
    output: options.output,
    documentation: options.documentation,
  };
}

function convertLayer(conversion: Conversion, layer: Layer, modelInput: string): string {
  const { builder, values, precisionOf } = conversion;
  const precision = precisionOf(layer);
  const names = inputsOf(layer).map((name) => values.get(name) ?? '');
  const [input = modelInput] = names;
  switch (layer.class_name) {
    case 'InputLayer':
      return modelInput;
    case 'Dropout':
      return input;
    case 'ZeroPadding2D': {
      const [[top, bottom], [left, right]] = readPadding(layer);
      conversion.paddings.set(layer.config.name, [top, left, bottom, right]);
      return input;
    }
    case 'Conv2D':
    case 'DepthwiseConv2D':
      return activate(builder, convolve(conversion, layer, input), readActivation(layer));
    case 'BatchNormalization':
      // Part of the convolution before it.
      return input;
    case 'Activation':
    case 'ReLU':
      return activate(builder, input, readActivation(layer));
    case 'Add':
      return builder.add(
        'Add',
        names.map((name) => builder.as(name, precision)),
        precision,
      );
    case 'Concatenate':
      return builder.add(
        'Concat',
        names.map((name) => builder.as(name, precision)),
        precision,
        { axis: 1 },
      );
    case 'UpSampling2D': {
      const scales = Float32Array.from([1, 1, ...readUpsampling(layer)]);
      const constant = builder.constant({ shape: [4], data: scales, precision: 'float32' });
      const attributes = {
        mode: 'nearest',
        coordinate_transformation_mode: 'asymmetric',
        nearest_mode: 'floor',
      };
      return builder.add('Resize', [input, '', constant], builder.precisionOf(input), attributes);
    }
    case 'AveragePooling2D': {
      const { pool_size: size = [1, 1], strides } = readWindow(layer);
      const attributes = { kernel_shape: size, strides };
      return builder.add('AveragePool', [builder.as(input, precision)], precision, attributes);
    }
    case 'Flatten':
      return builder.add('Flatten', [input], builder.precisionOf(input), { axis: 1 });
    case 'Dense':
      return multiply(conversion, layer, input);
    default:
      throw new Error(`The layer ${layer.class_name} is not known here`);
  }
}

function multiply(
  { builder, model, precisionOf }: Conversion,
  layer: Layer,
  input: string,
): string {
  const precision = precisionOf(layer);
  const inputs = [
    builder.as(input, precision),
    builder.constant({ ...weightOf(model, layer, 'kernel'), precision }),
    builder.constant({ ...weightOf(model, layer, 'bias'), precision }),
  ];
  return activate(builder, builder.add('Gemm', inputs, precision), readActivation(layer));
}

function convolve(conversion: Conversion, layer: Layer, input: string): string {
  const { builder, model, precisionOf } = conversion;
  const precision = precisionOf(layer);
  const { strides, padding, use_bias: hasBias } = readWindow(layer);
  const isDepthwise = layer.class_name === 'DepthwiseConv2D';
  const kernel = weightOf(model, layer, isDepthwise ? 'depthwise_kernel' : 'kernel');
  const [rows = 1, columns = 1, inputs = 1, outputs = 1] = kernel.shape;
  const channels = isDepthwise ? inputs : outputs;
  const norm = findNormalisation(model, layer);
  // [rows, columns, in, out] to [out, in, rows, columns]; a depthwise kernel is [rows, columns, out, 1].
  const depth = isDepthwise ? 1 : inputs;
  const weights = new Float32Array(channels * depth * rows * columns);
  for (let at = 0; at < weights.length; at++) {
    const place = at % (rows * columns);
    const inner = Math.floor(at / (rows * columns)) % depth;
    const output = Math.floor(at / (rows * columns * depth));
    const source = isDepthwise
      ? place * channels + output
      : (place * inputs + inner) * outputs + output;
    weights[at] = (kernel.data[source] ?? 0) * (norm?.factors[output] ?? 1);
  }
  const bias = hasBias ? weightOf(model, layer, 'bias').data : new Float32Array(channels);
  const shifted = bias.map(
    (value, at) => value * (norm?.factors[at] ?? 1) + (norm?.shifts[at] ?? 0),
  );
  const shape = [channels, depth, rows, columns];
  const values = [
    builder.as(input, precision),
    builder.constant({ shape, data: weights, precision }),
    builder.constant({ shape: [channels], data: shifted, precision }),
  ];
  const [before = ''] = inputsOf(layer);
  const [top, left] = [(rows - 1) / 2, (columns - 1) / 2];
  if (padding === 'same' && (strides[0] !== 1 || strides[1] !== 1)) {
    throw new Error(`${layer.config.name} pads "same" with strides, which is not known here`);
  }
  return builder.add('Conv', values, precision, {
    kernel_shape: [rows, columns],
    strides,
    group: isDepthwise ? channels : 1,
    pads:
      padding === 'same'
        ? [top, left, top, left]
        : (conversion.paddings.get(before) ?? [0, 0, 0, 0]),
  });
}

/** Of the batch normalisation that is the only one to take this layer's output. */
function findNormalisation(model: LayersModel, layer: Layer) {
  const [next, ...others] = model.layers.filter((other) =>
    inputsOf(other).includes(layer.config.name),
  );
  const isFolded = next?.class_name === 'BatchNormalization' && others.length === 0;
  return isFolded ? readNormalisation(model, next) : undefined;
}

function activate(builder: GraphBuilder, value: string, activation: Activation): string {
  const precision = builder.precisionOf(value);
  switch (activation) {
    case 'linear':
      return value;
    case 'relu':
      return builder.add('Relu', [value], precision);
    case 'relu6': {
      const bound = (limit: number) =>
        builder.constant({ shape: [], data: Float32Array.of(limit), precision });
      return builder.add('Clip', [value, bound(0), bound(6)], precision);
    }
    case 'softmax':
      return builder.add('Softmax', [builder.as(value, 'float32')], 'float32', { axis: 1 });
  }
}

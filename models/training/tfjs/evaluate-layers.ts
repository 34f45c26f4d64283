/**
 * A layers model computed the plain way: channels last as TensorFlow has them, loops in float64, nothing folded. Slow, and
 * independent of the conversion that it judges.
 */
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

export interface Planes {
  height: number;
  width: number;
  channels: number;
  /** Row by row, the channels of a pixel together. */
  data: Float64Array;
}

/** The output of the last layer. */
export function evaluateLayers(model: LayersModel, input: Planes): Planes {
  const results = new Map<string, Planes>();
  let last = input;
  for (const layer of model.layers) {
    const inputs = inputsOf(layer).map((name) => results.get(name) ?? input);
    last = evaluateLayer(model, layer, inputs.length === 0 ? [input] : inputs);
    results.set(layer.config.name, last);
  }
  return last;
}

function evaluateLayer(model: LayersModel, layer: Layer, inputs: readonly Planes[]): Planes {
  const [input] = inputs;
  if (input === undefined) throw new Error(`${layer.config.name} has no input`);
  switch (layer.class_name) {
    case 'InputLayer':
    case 'Dropout':
      return input;
    case 'Conv2D':
    case 'DepthwiseConv2D':
      return convolve(model, layer, input);
    case 'BatchNormalization': {
      const { factors, shifts } = readNormalisation(model, layer);
      return perValue(
        input,
        (value, channel) => value * (factors[channel] ?? 0) + (shifts[channel] ?? 0),
      );
    }
    case 'Activation':
    case 'ReLU':
      return activate(input, readActivation(layer));
    case 'Add': {
      const [, other] = inputs;
      return { ...input, data: input.data.map((value, at) => value + (other?.data[at] ?? 0)) };
    }
    case 'Concatenate':
      return concatenate(inputs);
    case 'UpSampling2D': {
      const [rows, columns] = readUpsampling(layer);
      return fill(input.height * rows, input.width * columns, input.channels, (y, x, channel) =>
        at(input, Math.floor(y / rows), Math.floor(x / columns), channel),
      );
    }
    case 'ZeroPadding2D': {
      const [[top, bottom], [left, right]] = readPadding(layer);
      const [height, width] = [input.height + top + bottom, input.width + left + right];
      return fill(height, width, input.channels, (y, x, channel) =>
        at(input, y - top, x - left, channel),
      );
    }
    case 'AveragePooling2D':
      return pool(layer, input);
    case 'Flatten':
      return { height: 1, width: 1, channels: input.data.length, data: input.data };
    case 'Dense': {
      const kernel = weightOf(model, layer, 'kernel').data;
      const bias = weightOf(model, layer, 'bias').data;
      const summed = fill(1, 1, bias.length, (_y, _x, unit) =>
        input.data.reduce(
          (sum, value, from) => sum + value * (kernel[from * bias.length + unit] ?? 0),
          bias[unit] ?? 0,
        ),
      );
      return activate(summed, readActivation(layer));
    }
    default:
      throw new Error(`The layer ${layer.class_name} is not known here`);
  }
}

function convolve(model: LayersModel, layer: Layer, input: Planes): Planes {
  const isDepthwise = layer.class_name === 'DepthwiseConv2D';
  const kernel = weightOf(model, layer, isDepthwise ? 'depthwise_kernel' : 'kernel');
  const [rows = 1, columns = 1, , outputs = 1] = kernel.shape;
  const { strides, padding, use_bias: hasBias } = readWindow(layer);
  const bias = hasBias ? weightOf(model, layer, 'bias').data : undefined;
  const channels = isDepthwise ? input.channels : outputs;
  const top = padding === 'same' ? (rows - 1) / 2 : 0;
  const left = padding === 'same' ? (columns - 1) / 2 : 0;
  const height = Math.floor((input.height + 2 * top - rows) / strides[0]) + 1;
  const width = Math.floor((input.width + 2 * left - columns) / strides[1]) + 1;
  const sumAt = (y: number, x: number, output: number): number => {
    let sum: number = bias?.[output] ?? 0;
    for (let place = 0; place < rows * columns; place++) {
      const sourceY = y * strides[0] - top + Math.floor(place / columns);
      const sourceX = x * strides[1] - left + (place % columns);
      if (isDepthwise) {
        sum += at(input, sourceY, sourceX, output) * (kernel.data[place * channels + output] ?? 0);
        continue;
      }
      for (let channel = 0; channel < input.channels; channel++) {
        const weight = kernel.data[(place * input.channels + channel) * outputs + output] ?? 0;
        sum += at(input, sourceY, sourceX, channel) * weight;
      }
    }
    return sum;
  };
  return activate(fill(height, width, channels, sumAt), readActivation(layer));
}

function pool(layer: Layer, input: Planes): Planes {
  const { pool_size: size = [1, 1], strides } = readWindow(layer);
  const height = Math.floor((input.height - size[0]) / strides[0]) + 1;
  const width = Math.floor((input.width - size[1]) / strides[1]) + 1;
  return fill(height, width, input.channels, (y, x, channel) => {
    let sum = 0;
    for (let place = 0; place < size[0] * size[1]; place++) {
      const sourceY = y * strides[0] + Math.floor(place / size[1]);
      sum += at(input, sourceY, x * strides[1] + (place % size[1]), channel);
    }
    return sum / (size[0] * size[1]);
  });
}

function concatenate(inputs: readonly Planes[]): Planes {
  const [first] = inputs;
  if (first === undefined) throw new Error('There is nothing to concatenate');
  const channels = inputs.reduce((sum, input) => sum + input.channels, 0);
  return fill(first.height, first.width, channels, (y, x, channel) => {
    let rest = channel;
    for (const input of inputs) {
      if (rest < input.channels) return at(input, y, x, rest);
      rest -= input.channels;
    }
    return 0;
  });
}

function activate(planes: Planes, activation: Activation): Planes {
  switch (activation) {
    case 'linear':
      return planes;
    case 'relu':
      return perValue(planes, (value) => Math.max(0, value));
    case 'relu6':
      return perValue(planes, (value) => Math.min(6, Math.max(0, value)));
    case 'softmax': {
      const largest = planes.data.reduce((a, b) => Math.max(a, b), -Infinity);
      const powers = planes.data.map((value) => Math.exp(value - largest));
      const sum = powers.reduce((a, b) => a + b, 0);
      return { ...planes, data: powers.map((value) => value / sum) };
    }
  }
}

/** 0 outside, as TensorFlow pads. */
function at(
  { height, width, channels, data }: Planes,
  y: number,
  x: number,
  channel: number,
): number {
  const isInside = y >= 0 && y < height && x >= 0 && x < width;
  return isInside ? (data[(y * width + x) * channels + channel] ?? 0) : 0;
}

function fill(
  height: number,
  width: number,
  channels: number,
  valueAt: (y: number, x: number, channel: number) => number,
): Planes {
  const data = new Float64Array(height * width * channels);
  for (let index = 0; index < data.length; index++) {
    const pixel = Math.floor(index / channels);
    data[index] = valueAt(Math.floor(pixel / width), pixel % width, index % channels);
  }
  return { height, width, channels, data };
}

function perValue(planes: Planes, change: (value: number, channel: number) => number): Planes {
  return {
    ...planes,
    data: planes.data.map((value, index) => change(value, index % planes.channels)),
  };
}

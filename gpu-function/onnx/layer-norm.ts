/** Layer normalisation (Ba et al. 2016) outside a graph, with weights found from what the graph made of its input. */
import type { Tensor } from '../pipeline/ports.ts';

/** CLIP's. */
const EPSILON = 1e-5;

export interface LayerNorm {
  weights: Float64Array;
  biases: Float64Array;
}

/**
 * The weights that turn `input` into `output`, both [1, tokens, width]: each channel is a straight line through its
 * tokens' normalised values. Of float32 tensors they come out to about 1e-6.
 */
export function fitLayerNorm(input: Tensor, output: Tensor): LayerNorm {
  const width = input.shape.at(-1) ?? 0;
  const tokens = input.data.length / width;
  const normalised = normalise(input);
  const weights = new Float64Array(width);
  const biases = new Float64Array(width);
  for (let channel = 0; channel < width; channel++) {
    let [sumX, sumY, sumXX, sumXY] = [0, 0, 0, 0];
    for (let at = channel; at < normalised.length; at += width) {
      const x = normalised[at] ?? 0;
      const y = output.data[at] ?? 0;
      sumX += x;
      sumY += y;
      sumXX += x * x;
      sumXY += x * y;
    }
    const spread = sumXX - (sumX * sumX) / tokens;
    weights[channel] = spread === 0 ? 1 : (sumXY - (sumX * sumY) / tokens) / spread;
    biases[channel] = (sumY - (weights[channel] ?? 0) * sumX) / tokens;
  }
  return { weights, biases };
}

/** A new tensor of the same shape. */
export function applyLayerNorm({ weights, biases }: LayerNorm, input: Tensor): Tensor {
  const width = weights.length;
  const data = Float32Array.from(
    normalise(input),
    (value, at) => value * (weights[at % width] ?? 1) + (biases[at % width] ?? 0),
  );
  return { data, shape: input.shape };
}

/** Every token's values with mean 0 and variance 1. */
function normalise({ data, shape }: Tensor): Float64Array {
  const width = shape.at(-1) ?? 0;
  const normalised = Float64Array.from(data);
  for (let start = 0; start < normalised.length; start += width) {
    const token = normalised.subarray(start, start + width);
    const mean = token.reduce((sum, value) => sum + value, 0) / width;
    const variance = token.reduce((sum, value) => sum + (value - mean) ** 2, 0) / width;
    const factor = 1 / Math.sqrt(variance + EPSILON);
    for (let at = 0; at < width; at++) token[at] = ((token[at] ?? 0) - mean) * factor;
  }
  return normalised;
}

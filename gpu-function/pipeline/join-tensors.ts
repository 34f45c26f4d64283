/** Tensors put together: rows under rows, widths beside widths, rows repeated, planes behind planes. */
import type { Tensor } from './ports.ts';

/** Tensors [rows, ...] of one shape but for the rows, as one; the array is always a new one. */
export function joinBatch(tensors: readonly Tensor[]): Tensor {
  const [first] = tensors;
  if (first === undefined) throw new RangeError('there is nothing to join');
  const data = new Float32Array(tensors.reduce((sum, tensor) => sum + tensor.data.length, 0));
  let at = 0;
  for (const tensor of tensors) {
    data.set(tensor.data, at);
    at += tensor.data.length;
  }
  const rows = tensors.reduce((sum, tensor) => sum + (tensor.shape[0] ?? 0), 0);
  return { data, shape: [rows, ...first.shape.slice(1)] };
}

/** Tensors [1, tokens, width] of one width, their tokens one after the other. One alone is given back as it is. */
export function joinTokens(tensors: readonly Tensor[]): Tensor {
  const [first, ...others] = tensors;
  if (first !== undefined && others.length === 0) return first;
  const { data } = joinBatch(tensors);
  const width = first?.shape.at(-1) ?? 1;
  return { data, shape: [1, data.length / width, width] };
}

/** Tensors [rows, tokens, width] as one whose width is the sum of theirs. One alone is given back as it is. */
export function joinWidths(tensors: readonly Tensor[]): Tensor {
  const [first, ...others] = tensors;
  if (first === undefined) throw new RangeError('there is nothing to join');
  if (others.length === 0) return first;
  const widths = tensors.map(({ shape }) => shape.at(-1) ?? 0);
  const sum = widths.reduce((total, width) => total + width, 0);
  const places = first.data.length / (widths[0] ?? 1);
  const data = new Float32Array(places * sum);
  let left = 0;
  for (const [index, tensor] of tensors.entries()) {
    const width = widths[index] ?? 0;
    for (let place = 0; place < places; place++) {
      const values = tensor.data.subarray(place * width, (place + 1) * width);
      data.set(values, place * sum + left);
    }
    left += width;
  }
  return { data, shape: [...first.shape.slice(0, -1), sum] };
}

/** Each row `times` times in a row. Once is the tensor itself. */
export function repeatRows(tensor: Tensor, times: number): Tensor {
  if (times === 1) return tensor;
  const [rows = 0, ...rest] = tensor.shape;
  const length = tensor.data.length / rows;
  const data = new Float32Array(tensor.data.length * times);
  for (let row = 0; row < rows * times; row++) {
    const source = Math.floor(row / times) * length;
    data.set(tensor.data.subarray(source, source + length), row * length);
  }
  return { data, shape: [rows * times, ...rest] };
}

/** The whole batch twice, as both halves of a guided batch. */
export const repeatBatch = (tensor: Tensor): Tensor => joinBatch([tensor, tensor]);

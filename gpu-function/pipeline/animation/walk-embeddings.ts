/** Between two encoded prompts: every token turned from the one towards the other. Pure. */
import { slerp } from '../../sampling/slerp.ts';
import { joinBatch } from '../join-tensors.ts';
import type { Conditioning, Tensor } from '../ports.ts';

export type Encoding = Pick<Conditioning, 'promptEmbedding' | 'pooledEmbedding'>;

/**
 * Of two encodings whose last row is the prompt and whose first is the negative one where there is guidance: rows for a
 * batch of pictures at the given shares of the way, negatives first.
 */
export function walkEncodings(from: Encoding, to: Encoding, shares: readonly number[]): Encoding {
  return {
    promptEmbedding: walk(from.promptEmbedding, to.promptEmbedding, shares),
    pooledEmbedding:
      from.pooledEmbedding && to.pooledEmbedding
        ? walk(from.pooledEmbedding, to.pooledEmbedding, shares)
        : undefined,
  };
}

function walk(from: Tensor, to: Tensor, shares: readonly number[]): Tensor {
  const [rows = 1] = from.shape;
  const last = rowOf(from, rows - 1);
  const target = rowOf(to, rows - 1);
  const negatives = shares.flatMap(() => (rows > 1 ? [rowOf(from, 0)] : []));
  return joinBatch([...negatives, ...shares.map((share) => turn(last, target, share))]);
}

function rowOf({ data, shape }: Tensor, index: number): Tensor {
  const length = data.length / (shape[0] ?? 1);
  return { data: data.slice(index * length, (index + 1) * length), shape: [1, ...shape.slice(1)] };
}

/** Vector by vector, so that each keeps its length: the last side is a vector's. */
function turn(from: Tensor, to: Tensor, share: number): Tensor {
  const width = from.shape.at(-1) ?? 1;
  const data = new Float32Array(from.data.length);
  for (let start = 0; start < data.length; start += width) {
    const [a, b] = [from.data, to.data].map((values) => values.subarray(start, start + width));
    if (a !== undefined && b !== undefined) data.set(slerp(a, b, share), start);
  }
  return { data, shape: from.shape };
}

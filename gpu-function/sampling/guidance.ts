/** Classifier-free guidance: away from what was not asked for, towards what was. */

export interface GuidanceInput {
  /** The network's output for the negative prompt. */
  negative: Float32Array;
  /** The same for the prompt. */
  positive: Float32Array;
  /** 1 is the prompt alone, more is closer to the prompt. https://arxiv.org/abs/2207.12598 */
  scale: number;
  /** 0..1: how far the contrast goes back to the prompt's own. https://arxiv.org/abs/2305.08891 section 3.4 */
  rescale: number;
  /** Pictures in the batch; the rescale measures each for itself. */
  pictures: number;
}

/** The guided output, a new array. */
export function applyGuidance(input: GuidanceInput): Float32Array {
  const { negative, positive, scale, rescale, pictures } = input;
  const guided = new Float32Array(positive.length);
  for (let index = 0; index < guided.length; index++) {
    const from = negative[index] ?? 0;
    guided[index] = from + scale * ((positive[index] ?? 0) - from);
  }
  if (rescale > 0) {
    const itemLength = guided.length / pictures;
    for (let start = 0; start < guided.length; start += itemLength) {
      const item = guided.subarray(start, start + itemLength);
      const wanted = standardDeviation(positive.subarray(start, start + itemLength));
      scaleInPlace(item, 1 - rescale + (rescale * wanted) / standardDeviation(item));
    }
  }
  return guided;
}

/** With n - 1, as torch counts. */
function standardDeviation(values: Float32Array): number {
  let sum = 0;
  for (let index = 0; index < values.length; index++) sum += values[index] ?? 0;
  const mean = sum / values.length;
  let squares = 0;
  for (let index = 0; index < values.length; index++) {
    squares += ((values[index] ?? 0) - mean) ** 2;
  }
  return Math.sqrt(squares / (values.length - 1));
}

/** A factor that is not finite comes from an output without contrast, which stays as it is. */
function scaleInPlace(values: Float32Array, factor: number): void {
  if (!Number.isFinite(factor)) return;
  for (let index = 0; index < values.length; index++) {
    values[index] = (values[index] ?? 0) * factor;
  }
}

/** What a prompt's weights do to its embedding. */
import type { Tensor } from './ports.ts';

/**
 * WebUI's rule: every token's values times its weight, then all of them so that their mean is what it was.
 * @param hiddenStates [1, tokens, width], changed in place
 */
export function weighByMean(hiddenStates: Tensor, weights: readonly number[]): void {
  const { data } = hiddenStates;
  const width = data.length / weights.length;
  const before = mean(data);
  for (let at = 0; at < data.length; at++) {
    data[at] = (data[at] ?? 0) * (weights[Math.floor(at / width)] ?? 1);
  }
  const factor = before / mean(data);
  // A mean of nothing says nothing.
  if (!Number.isFinite(factor)) return;
  for (let at = 0; at < data.length; at++) data[at] = (data[at] ?? 0) * factor;
}

/**
 * ComfyUI's rule: every token's values are moved away from those of the empty prompt, or towards them.
 * @param hiddenStates [1, tokens, width], changed in place
 * @param empty the same of the empty prompt
 */
export function weighByEmpty(
  hiddenStates: Tensor,
  weights: readonly number[],
  empty: Tensor,
): void {
  const { data } = hiddenStates;
  const width = data.length / weights.length;
  for (let at = 0; at < data.length; at++) {
    const weight = weights[Math.floor(at / width)] ?? 1;
    const from = empty.data[at] ?? 0;
    if (weight !== 1) data[at] = from + weight * ((data[at] ?? 0) - from);
  }
}

function mean(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

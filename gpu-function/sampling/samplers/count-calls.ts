/** A run whose steps need to know which network call they answer. */
import type { SamplerRun, StepCall, StepResult } from '../sampler.ts';

export function countCalls(
  firstCall: number,
  step: (index: number, call: StepCall) => StepResult,
): SamplerRun {
  let index = firstCall;
  return { step: (call) => step(index++, call) };
}

/** The network's answers so far, newest first, at most `limit`. */
export function createHistory(limit: number): {
  readonly values: readonly Float32Array[];
  add(value: Float32Array): void;
} {
  const values: Float32Array[] = [];
  return {
    values,
    add(value) {
      values.unshift(value);
      if (values.length > limit) values.pop();
    },
  };
}

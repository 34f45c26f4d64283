/** The shape of every sampling run: what it needs, and what it tells. */
import type { SamplerId, SpacingId } from '#contract/generation-request.ts';
import type { NoiseLevel } from './noise-level.ts';

/** The arrays are the sampler's own and are written again in the next step: copy what is to be kept. */
export interface SamplingStep {
  /** Steps done so far, 1..steps. */
  step: number;
  steps: number;
  /** The sample after this step. */
  latents: Float32Array;
  /** The clean picture as the network sees it now: the predicted x0. */
  denoised: Float32Array;
}

export interface SamplingRun {
  /** Unit noise times `initialNoiseScale`, or a picture noised to `startLevel`. It is not changed. */
  start: Float32Array;
  /**
   * The network's output after guidance, for a sample that is already scaled for it.
   * The sample is the sampler's own array: neither change nor keep it.
   */
  callNetwork(scaledSample: Float32Array, timestep: number): Promise<Float32Array>;
  /** Fresh standard normal noise as long as the sample; stochastic samplers ask for it in the reference's order. */
  drawNoise(): Float32Array;
  /** Awaited after every step; throw in here to stop the run. */
  onStep(step: SamplingStep): void | Promise<void>;
}

export interface SamplingPlan {
  sampler: SamplerId;
  spacing: SpacingId;
  /** One a step, as the network gets them; Euler's may be fractional. */
  timesteps: readonly number[];
  /** Factor for unit noise where a run starts from nothing else. */
  initialNoiseScale: number;
  /** The level of the first step: where a run that starts from a picture adds noise to it (forward-process.ts). */
  startLevel: NoiseLevel;
  /**
   * Where each step begins, `startLevel` first. What is kept of a picture is noised to `levels[step]` after step number
   * `step` and is clean after the last: the samplers go on with whatever `onStep` writes into its `latents`.
   */
  levels: readonly NoiseLevel[];
  /** Resolves to a new array: the sample after the last step. */
  sample(run: SamplingRun): Promise<Float32Array>;
}

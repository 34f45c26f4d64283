/** The shape of every sampling run: what it needs, and what it tells. */
import type { SamplerId, SpacingId } from '#contract/generation-request.ts';
import type { NoiseLevel } from './noise-level.ts';
import type { NoiseInterval } from './sampler.ts';

/** The arrays are the sampler's own: copy what is to be kept. */
export interface SamplingStep {
  /** The step that is being made, 1..steps. */
  step: number;
  steps: number;
  /** Network calls so far, from 1. */
  call: number;
  /** Whether it is done: second-order samplers ask the network twice a step. */
  isStepEnd: boolean;
  /** The sample so far. */
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
  /** Pictures in the batch, 1 when left out. */
  pictures?: number | undefined;
  /**
   * Fresh standard normal noise as long as the sample; stochastic samplers ask for it in the reference's order. With an
   * interval it stands for that stretch of a Brownian path, so that runs of other lengths can follow the same path.
   */
  drawNoise(interval?: NoiseInterval): Float32Array;
  /** Awaited after every network call; throw in here to stop the run. */
  onStep(step: SamplingStep): void | Promise<void>;
}

export interface SamplingPlan {
  sampler: SamplerId;
  spacing: SpacingId;
  /** Of this run: fewer than asked for where it starts from a picture. */
  steps: number;
  /** One a network call, as the network gets them; Euler's may be fractional, second-order samplers have two a step. */
  timesteps: readonly number[];
  /** Factor for unit noise where a run starts from nothing else. */
  initialNoiseScale: number;
  /** The level of the first step: where a run that starts from a picture adds noise to it (forward-process.ts). */
  startLevel: NoiseLevel;
  /**
   * One a network call, `startLevel` first: where the sample stands before it. What is kept of a picture is noised to
   * `levels[call]` after call number `call` and is clean after the last: the samplers go on with whatever `onStep` writes
   * into its `latents`.
   */
  levels: readonly NoiseLevel[];
  /** Resolves to a new array: the sample after the last step. */
  sample(run: SamplingRun): Promise<Float32Array>;
}

/** The shape of every sampler: what a run needs, and what it tells. */
import type { SamplerId, SpacingId } from '#contract/generation-request.ts';

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
  /** Unit noise times `initialNoiseScale`. */
  start: Float32Array;
  /** The network's output after guidance, for a sample that is already scaled for it. */
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
  initialNoiseScale: number;
  sample(run: SamplingRun): Promise<Float32Array>;
}

/**
 * What a sampler is: a table of the moments at which the network is asked, and a method that makes the next sample of
 * each answer. Methods work on plain arrays and know neither networks nor pictures.
 */
import type { NoiseLevel } from './noise-level.ts';
import type { SchedulerKeys } from './scheduler-config.ts';

/** The scheduler's settings as the sampler reads them: nothing is left open. */
export interface ResolvedScheduler extends SchedulerKeys {
  timestep_spacing: 'leading' | 'trailing' | 'linspace' | 'sgm-uniform';
}

/** Which moments are wanted. Custom lists are for callers that know the method; most give steps alone. */
export interface ScheduleRequest {
  steps: number;
  /** Descending, instead of those that follow from the spacing. */
  timesteps?: readonly number[] | undefined;
  /** Descending; Euler's end with the last step's end, flow matching's do not. */
  sigmas?: readonly number[] | undefined;
  /** Flow matching: the shift's logarithm where it depends on the picture's size. */
  mu?: number | undefined;
  /** LCM and TCD: steps of the distillation's schedule, instead of the package's. */
  originalSteps?: number | undefined;
  /** LCM and TCD: the share of that schedule that a run from a picture uses, 0..1. */
  scheduleStrength?: number | undefined;
}

/** What a person may set, and the reference takes as arguments of a step. */
export interface SamplerOptions {
  /** DDIM: 0 is deterministic, 1 as noisy as DDPM. TCD: gamma. Ancestral: share of the noise that is renewed. */
  eta?: number | undefined;
  /** Euler: how much noise is stirred in over the whole run (Karras et al. 2022, algorithm 2), between these sigmas. */
  sChurn?: number | undefined;
  sTmin?: number | undefined;
  sTmax?: number | undefined;
  /** Factor for the noise that steps add. */
  sNoise?: number | undefined;
  /** DDIM: the direction is taken from the clipped picture. */
  usesClippedOutput?: boolean | undefined;
  /** LMS: how many past derivatives count, 4 when left out. */
  order?: number | undefined;
}

export interface SamplerSetup {
  config: ResolvedScheduler;
  request: ScheduleRequest;
  options: SamplerOptions;
}

/** One method on one table. Everything is listed by network call, from noisy to clean. */
export interface Sampler {
  /** What the network is told. */
  timesteps: readonly number[];
  /** sigma (or sigma / alpha) as the reference's class lists it, where it does. */
  sigmas?: readonly number[];
  /** Factor for unit noise that gives it the variance of the first level. */
  initialNoiseScale: number;
  /** Network calls of one step: where a run from a picture begins is a multiple of it. */
  callsPerStep: number;
  /** The level that a picture is noised to where a run begins with this call. */
  noiseLevels: readonly NoiseLevel[];
  /** Factor for the sample before the network sees it; `isFirst` where the run begins with this call. */
  inputScale(call: number, isFirst: boolean): number;
  /** Steps that this many calls make; calls / callsPerStep, rounded up, when left out. */
  countSteps?(calls: number): number;
  /** Ready to take the answer to this call, with nothing remembered. */
  start(firstCall: number): SamplerRun;
}

export interface SamplerRun {
  /** To be called once for each network call, in order. */
  step(call: StepCall): StepResult;
}

export interface StepCall {
  /** The network's answer, whatever it was trained to predict. */
  output: Float32Array;
  /** What the network saw, before it was scaled. It is not changed. */
  sample: Float32Array;
  /** Pictures in the batch; dynamic thresholds measure each for itself. */
  pictures: number;
  /** Fresh standard normal noise as long as the sample. */
  drawNoise(interval?: NoiseInterval): Float32Array;
}

/** The stretch of a Brownian path that noise stands for, where the method says one. Sigmas, `from` above `to`. */
export interface NoiseInterval {
  from: number;
  to: number;
  /** The whole path. */
  max: number;
  min: number;
}

export interface StepResult {
  /** A new array: what the network is asked next, and the end after the last call. */
  sample: Float32Array;
  /** The picture as the network sees it now: the predicted x0. */
  denoised: Float32Array;
  /** Whether more calls are needed before the sample is a step's result. */
  isUnfinished?: boolean;
}

/** Throws GenerationError `sampler-unsupported` for settings that it cannot honour. */
export type CreateSampler = (setup: SamplerSetup) => Sampler;

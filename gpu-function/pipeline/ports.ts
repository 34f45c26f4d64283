/** What the pipeline needs of the world, and what it offers. Nothing in here knows ONNX Runtime or HTTP. */
import type { GenerationResult } from '#contract/generation-result.ts';
import type { JobEventBody } from '#contract/job-event.ts';
import type { Job } from '#contract/job.ts';
import type { ModelDescription } from '#contract/model-description.ts';
import type { TokenizedPrompt } from '../prompt/tokenizer.ts';
import type { SchedulerConfig } from '../sampling/scheduler-config.ts';

/** Latents or any other planar tensor: row-major, batch first. */
export interface Tensor {
  data: Float32Array;
  /** For latents [batch, channels, height / vaeFactor, width / vaeFactor]. */
  shape: readonly number[];
}

export interface NetworkCall {
  /** [batch, channels, h, w], already scaled for the network by the sampler. */
  sample: Tensor;
  timestep: number;
  /** [batch, tokens, width] */
  promptEmbedding: Tensor;
}

/** A loaded model package: sessions, tokenizer, configuration. All arrays in and out are float32. */
export interface ImageModel {
  readonly description: ModelDescription;
  /** sha256 of the package, first 16 hexadecimal characters. */
  readonly digest: string;
  readonly scheduler: SchedulerConfig;
  readonly latentChannels: number;
  /** The network takes whole timesteps only: `predict` rounds a fractional one, which changes the picture a little. */
  readonly roundsTimesteps: boolean;
  /** Pixels per latent cell, 8 for Stable Diffusion. */
  readonly vaeFactor: number;
  /** Sides must be multiples of this for the U-Net's down- and upsampling to meet again. */
  readonly sizeMultiplePx: number;
  /** Latents are multiplied by this after encoding and divided by it before decoding. */
  readonly scalingFactor: number;
  /** channels × 3 factors and a bias that turn latents into RGB -1..1, for previews. */
  readonly previewMap: PreviewMap;
  /** Prompt with a style's words around it; throws GenerationError `style-unknown`. */
  applyStyle(prompt: string, style: string): string;
  tokenize(prompt: string): TokenizedPrompt;
  /** [batch, tokens, width] for a batch of token id lists. */
  encodePrompt(ids: readonly (readonly number[])[]): Promise<Tensor>;
  /** The U-Net's raw output, same shape as the sample: epsilon, v or x0 as the scheduler's configuration says. */
  predict(call: NetworkCall): Promise<Tensor>;
  /** Pictures [batch, 3, height, width] in -1..1 from latents that were divided by scalingFactor. */
  decode(latents: Tensor): Promise<Tensor>;
  /** Milliseconds spent inside the runtime's run() since the model was loaded. */
  runtimeMs(): number;
  dispose(): Promise<void>;
}

export interface PreviewMap {
  /** One row per latent channel. */
  factors: readonly (readonly [number, number, number])[];
  bias: readonly [number, number, number];
}

/** Milliseconds that never run backwards, for timings. */
export interface Clock {
  nowMs(): number;
}

/** Where models come from. Opening one may close another: memory is bounded by whoever implements this. */
export interface ModelLibrary {
  list(): Promise<ModelDescription[]>;
  /**
   * The loaded model, or the one it loads; the default one without an id. `onLoad` is called before a load begins, so
   * that the person can be told. Throws `model-unknown` or `model-broken`.
   */
  open(modelId: string | undefined, onLoad?: () => void): Promise<ImageModel>;
  /** The id of the model that is in memory now. */
  loadedModelId(): string | undefined;
  close(): Promise<void>;
}

export interface EngineRun {
  job: Job;
  /** Told of `engine-loading` (stage model), `job-start`, `step-end` and `decode-start`; never of `job-end`. */
  report(event: JobEventBody): void;
  /** Asked between steps; true ends the run as canceled. */
  isCanceled(): boolean;
}

export type EngineOutcome =
  /** PNG files in the order of the result's images. `timings.queueMs` is 0: the worker knows it. */
  { status: 'succeeded'; result: GenerationResult; images: Uint8Array[] } | { status: 'canceled' };

/** The whole of drawing: in this process, or a stand-in that speaks to a process of its own. */
export interface Engine {
  models(): Promise<ModelDescription[]>;
  /** Throws a GenerationError when the job cannot be done. One run at a time. */
  run(run: EngineRun): Promise<EngineOutcome>;
  close(): Promise<void>;
}

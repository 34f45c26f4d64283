/** What the pipeline needs of the world, and what it offers. Nothing in here knows ONNX Runtime or HTTP. */
import type { RequestedSize } from '#contract/generation-request.ts';
import type { FunctionAbilities, UpscalerDescription } from '#contract/health.ts';
import type { GenerationResult } from '#contract/generation-result.ts';
import type { JobEventBody } from '#contract/job-event.ts';
import type { Job } from '#contract/job.ts';
import type { ModelDescription } from '#contract/model-description.ts';
import type { Tokenizer } from '../prompt/tokenizer.ts';
import type { SchedulerConfig } from '../sampling/scheduler-config.ts';

/** Latents or any other planar tensor: row-major, batch first. */
export interface Tensor {
  data: Float32Array;
  /** For latents [batch, channels, height / vaeFactor, width / vaeFactor]. */
  shape: readonly number[];
}

/** One of a model's text encoders, with the tokenizer that feeds it. */
export interface TextStage {
  readonly tokenizer: Tokenizer;
  /**
   * One list of ids, start and end included. `clipSkip` layers before the family's own are taken instead: 0 is as
   * trained. Throws a GenerationError `invalid-request` where the graph does not give that layer.
   */
  encode(ids: readonly number[], clipSkip: number): Promise<EncodedText>;
}

/** Arrays of the caller's own. */
export interface EncodedText {
  /** [1, tokens, width] of the layer that the family takes. */
  hiddenStates: Tensor;
  /** [1, width]: the whole text as one vector, for families that want one. */
  pooled: Tensor | undefined;
}

/** What the network is told beside the sample. All have one row per row of the sample; negatives first under guidance. */
export interface Conditioning {
  /** [rows, tokens, width]; where there are several text stages, their widths one after the other. */
  promptEmbedding: Tensor;
  /** [rows, width]: the last text stage's pooled vector, for models that use it. */
  pooledEmbedding?: Tensor | undefined;
  /** [rows, 6]: original height and width, crop top and left, target height and width, in pixels. */
  timeIds?: Tensor | undefined;
  /** [rows, guidanceEmbeddingWidth]: the guidance as an input, for distilled models. */
  guidanceEmbedding?: Tensor | undefined;
}

export interface NetworkCall {
  /** [rows, channels, h, w], already scaled for the network by the sampler. */
  sample: Tensor;
  timestep: number;
  conditioning: Conditioning;
  /** [rows, 1 + channels, h, w] for an inpainting network: the mask, 1 where it draws, then the masked picture's latents. */
  extraChannels?: Tensor | undefined;
}

/** What a VAE encoder gives for pictures; nothing in it is multiplied by the scaling factor yet. */
export type VaeEncoding =
  /** A normal distribution for every latent value, both [batch, channels, h, w]. */
  | { kind: 'parameters'; mean: Tensor; logVariance: Tensor }
  /** Already drawn from that distribution inside the graph, by a generator that no seed reaches. */
  | { kind: 'sampled'; latents: Tensor };

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
  /**
   * The only sizes that are drawn, where a new one would cost seconds: a GPU searches the best convolutions for each.
   * Any other is rounded to the nearest. None or empty = every size.
   */
  readonly sizeBuckets?: readonly RequestedSize[] | undefined;
  /** Latents for the network are (encoded - shiftFactor) · scalingFactor; before decoding the other way round. */
  readonly scalingFactor: number;
  /** 0 for Stable Diffusion. */
  readonly shiftFactor: number;
  /** The network takes a mask and a masked picture beside the sample, and cannot draw without them. */
  readonly isInpainting: boolean;
  /** The network wants the text's pooled vector. */
  readonly usesPooledEmbedding: boolean;
  /** The network wants picture sizes and crops. */
  readonly usesTimeIds: boolean;
  /** Width of the guidance as a network input; none where classifier-free guidance is done. */
  readonly guidanceEmbeddingWidth: number | undefined;
  /** The network takes texts of one length only, so that longer ones are cut. No when left out. */
  readonly hasFixedPromptLength?: boolean | undefined;
  /** An empty negative prompt becomes zeros instead of the encoded empty text. */
  readonly zeroesEmptyNegative: boolean;
  /** channels × 3 factors and a bias that turn latents into RGB -1..1, for previews. */
  readonly previewMap: PreviewMap;
  /** Prompt with a style's words around it; throws GenerationError `style-unknown`. */
  applyStyle(prompt: string, style: string): string;
  /** One or more, in the order in which their hidden states are joined. */
  readonly textStages: readonly TextStage[];
  /** The U-Net's raw output, same shape as the sample: epsilon, v or x0 as the scheduler's configuration says. */
  predict(call: NetworkCall): Promise<Tensor>;
  /**
   * Latents of pictures [batch, 3, height, width] in -1..1, sides multiples of vaeFactor.
   * Throws a GenerationError `invalid-request` when the package has no VAE encoder.
   */
  encode(pictures: Tensor): Promise<VaeEncoding>;
  /** Pictures [batch, 3, height, width] in -1..1 from latents / scalingFactor + shiftFactor. */
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

/** Where models come from. Opening one may close others: memory is bounded by whoever implements this. */
export interface ModelLibrary {
  list(): Promise<ModelDescription[]>;
  /**
   * The loaded model, or the one it loads; the default one without an id. `onLoad` is called before a load begins, so
   * that the person can be told. Throws `model-unknown` or `model-broken`.
   */
  open(modelId: string | undefined, onLoad?: () => void): Promise<ImageModel>;
  /** The id of the model that was opened last, where it is still in memory. */
  loadedModelId(): string | undefined;
  close(): Promise<void>;
}

/** A network that makes pictures larger. */
export interface Upscaler {
  readonly description: UpscalerDescription;
  /** Sides of the only picture that it takes; none when they are free. */
  readonly fixedInput: { widthPx: number; heightPx: number } | undefined;
  /** [1, 3, height, width] in 0..1 to the same, `nativeFactor` times as large. */
  enlarge(picture: Tensor): Promise<Tensor>;
  runtimeMs(): number;
}

/** A network that says how likely a picture is sexually explicit. */
export interface PictureRater {
  /** Of the square pictures that it takes. */
  readonly sidePx: number;
  /** 0..1 for a picture [1, 3, sidePx, sidePx] in 0..1. */
  rate(picture: Tensor): Promise<number>;
}

/** Networks beside the models that draw. They are small: what was opened stays open. */
export interface Toolbox {
  /** The best first. */
  listUpscalers(): Promise<UpscalerDescription[]>;
  /** The first one without an id, undefined when there is none. Throws `upscaler-unknown`. */
  openUpscaler(id: string | undefined): Promise<Upscaler | undefined>;
  hasRater(): Promise<boolean>;
  /** Undefined where no package rates pictures. */
  openRater(): Promise<PictureRater | undefined>;
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
  /** Left out by engines of an older make. */
  abilities?(): Promise<FunctionAbilities>;
  /** Throws a GenerationError when the job cannot be done. One run at a time. */
  run(run: EngineRun): Promise<EngineOutcome>;
  close(): Promise<void>;
}

/**
 * A model without weights: its idea of the clean picture is a known function of the words, of the place and, a little, of
 * the sample. Small enough to work out by hand, and wrong arithmetic around it shows in its pictures.
 */
import type { Tokenizer } from '../../gpu-function/prompt/tokenizer.ts';
import { usableSamplers } from '../../gpu-function/sampling/default-sampler.ts';
import { parseSchedulerConfig } from '../../gpu-function/sampling/parse-scheduler-config.ts';
import { GenerationError } from '#contract/generation-error.ts';
import type { ModelDescription } from '#contract/model-description.ts';
import type {
  ImageModel,
  ModelLibrary,
  NetworkCall,
  Tensor,
  VaeEncoding,
} from '../../gpu-function/pipeline/ports.ts';

const ARITHMETIC_TOKENS = 6;
const EMBEDDING_WIDTH = 3;
const VAE_FACTOR = 4;
/** How much of the sample shines through the clean picture: what makes seeds differ. */
const SAMPLE_SHARE = 0.2;

export interface ArithmeticModel extends ImageModel {
  /** Every call of the network, samples copied. */
  readonly calls: (NetworkCall & { sample: Tensor })[];
  readonly encodedIds: (readonly number[])[];
}

export interface ArithmeticModelOptions {
  description?: Partial<ModelDescription>;
  /** Replaces the decoder's output, for decoders that go wrong. */
  decodedValue?: number;
  /** Wants a mask and a masked picture in every call, and refuses those without. */
  isInpainting?: boolean;
  guidanceEmbeddingWidth?: number;
  zeroesEmptyNegative?: boolean;
  /** The encoder draws its sample itself, as legacy exports do. */
  encodesSampled?: boolean;
}

export function createArithmeticModel(options: ArithmeticModelOptions = {}): ArithmeticModel {
  const calls: ArithmeticModel['calls'] = [];
  const encodedIds: (readonly number[])[] = [];
  return {
    calls,
    encodedIds,
    description: { ...DESCRIPTION, ...options.description },
    digest: '0123456789abcdef',
    scheduler: SCHEDULER,
    latentChannels: 4,
    roundsTimesteps: false,
    vaeFactor: VAE_FACTOR,
    sizeMultiplePx: 16,
    scalingFactor: 0.5,
    shiftFactor: 0,
    isInpainting: options.isInpainting ?? false,
    usesPooledEmbedding: false,
    usesTimeIds: false,
    guidanceEmbeddingWidth: options.guidanceEmbeddingWidth,
    zeroesEmptyNegative: options.zeroesEmptyNegative ?? false,
    previewMap: {
      factors: [
        [1, 0, 0],
        [0, 1, 0],
        [0, 0, 1],
        [0, 0, 0],
      ],
      bias: [0, 0, 0],
    },
    applyStyle: (prompt, style) => applyStyle(prompt, style),
    textStages: [
      {
        tokenizer: TOKENIZER,
        async encode(ids) {
          encodedIds.push(ids);
          const data = Float32Array.from(ids.flatMap((id) => [id / 100, -id / 100, id / 50 - 1]));
          const shape = [1, ARITHMETIC_TOKENS, EMBEDDING_WIDTH];
          return { hiddenStates: { data, shape }, pooled: undefined };
        },
      },
    ],
    async predict(call) {
      const sample = { ...call.sample, data: call.sample.data.slice() };
      calls.push({ ...call, sample });
      if ((call.extraChannels !== undefined) !== (options.isInpainting ?? false)) {
        throw new RangeError('mask and masked picture go to an inpainting network, and only there');
      }
      return predictClean(call);
    },
    encode: async (pictures) => encodeMeans(pictures, options.encodesSampled ?? false),
    decode: async (latents) => decodeNearest(latents, options.decodedValue),
    runtimeMs: () => calls.length,
    dispose: async () => undefined,
  };
}

/** A library of one model, which is in memory once it was opened. */
export function createLibraryOf(model: ImageModel): ModelLibrary {
  let loadedModelId: string | undefined;
  return {
    list: async () => [model.description],
    async open(modelId = model.description.id, onLoad?: () => void) {
      if (modelId !== model.description.id) {
        throw new GenerationError('model-unknown', `There is no model "${modelId}".`);
      }
      if (loadedModelId === undefined) onLoad?.();
      loadedModelId = modelId;
      return model;
    },
    loadedModelId: () => loadedModelId,
    close: () => model.dispose(),
  };
}

const SCHEDULER = parseSchedulerConfig({
  _class_name: 'DDIMScheduler',
  beta_start: 0.00085,
  beta_end: 0.012,
  beta_schedule: 'scaled_linear',
  prediction_type: 'sample',
  timestep_spacing: 'leading',
  steps_offset: 1,
  clip_sample: false,
  set_alpha_to_one: false,
});

const DESCRIPTION: ModelDescription = {
  id: 'arithmetic',
  name: 'Arithmetic',
  description: 'A known function in place of a network',
  licence: 'MIT',
  sizeBytes: 1,
  isDefault: true,
  defaults: {
    widthPx: 32,
    heightPx: 32,
    steps: 6,
    guidanceScale: 3,
    guidanceRescale: 0,
    sampler: 'ddim',
    spacing: 'leading',
  },
  samplers: usableSamplers(SCHEDULER),
  styles: ['bright'],
};

function applyStyle(prompt: string, style: string): string {
  if (style !== 'bright') throw new GenerationError('style-unknown', `There is no "${style}".`);
  return `${prompt} bright`;
}

/** One id a word, its first letter's code; 0 fills up. */
const TOKENIZER: Tokenizer = {
  maxLength: ARITHMETIC_TOKENS,
  room: ARITHMETIC_TOKENS,
  lead: 0,
  canChunk: false,
  pieces: (text) => ({
    text,
    pieces: Array.from(text.matchAll(/\S+/g), ({ 0: word, index }) => ({
      ids: [word.charCodeAt(0)],
      start: index,
    })),
  }),
  frame: (ids) => [...ids, ...Array.from({ length: ARITHMETIC_TOKENS - ids.length }, () => 0)],
  tokenize(prompt) {
    const words = prompt.split(/\s+/).filter((word) => word !== '');
    const ids = words.slice(0, ARITHMETIC_TOKENS).map((word) => word.charCodeAt(0));
    return { ids: this.frame(ids), truncatedText: words.slice(ARITHMETIC_TOKENS).join(' ') };
  },
};

function predictClean({ sample, conditioning: { promptEmbedding } }: NetworkCall): Tensor {
  const [batch = 0, channels = 0, height = 0, width = 0] = sample.shape;
  const data = new Float32Array(sample.data.length);
  const rowLength = promptEmbedding.data.length / batch;
  let at = 0;
  for (let row = 0; row < batch; row++) {
    const embedding = promptEmbedding.data.subarray(row * rowLength, (row + 1) * rowLength);
    const mean = embedding.reduce((sum, value) => sum + value, 0) / rowLength;
    for (let place = 0; place < channels * height * width; place++, at++) {
      const wave = Math.sin((place % width) + Math.floor(place / width) * mean);
      data[at] = 0.3 * (wave + mean) + SAMPLE_SHARE * Math.tanh(sample.data[at] ?? 0);
    }
  }
  return { data, shape: sample.shape };
}

/** What decodeNearest turns back: the mean of every square of pixels, and a fourth channel of zeros. No noise in it. */
function encodeMeans({ data, shape }: Tensor, isSampled: boolean): VaeEncoding {
  const [batch = 0, colours = 0, heightPx = 0, widthPx = 0] = shape;
  const [height, width] = [heightPx / VAE_FACTOR, widthPx / VAE_FACTOR];
  const means = new Float32Array(batch * 4 * height * width);
  for (let at = 0; at < data.length; at++) {
    const x = Math.floor((at % widthPx) / VAE_FACTOR);
    const y = Math.floor((Math.floor(at / widthPx) % heightPx) / VAE_FACTOR);
    const plane = Math.floor(at / (heightPx * widthPx));
    const channel = Math.floor(plane / colours) * 4 + (plane % colours);
    const cell = (channel * height + y) * width + x;
    means[cell] = (means[cell] ?? 0) + (data[at] ?? 0) / VAE_FACTOR ** 2;
  }
  const mean = { data: means, shape: [batch, 4, height, width] };
  if (isSampled) return { kind: 'sampled', latents: mean };
  const logVariance = { data: new Float32Array(means.length).fill(-30), shape: mean.shape };
  return { kind: 'parameters', mean, logVariance };
}

/** Three of the channels, every cell as a square of pixels. */
function decodeNearest({ data, shape }: Tensor, value: number | undefined): Tensor {
  const factor = VAE_FACTOR;
  const [batch = 0, channels = 0, height = 0, width = 0] = shape;
  const sides = [height * factor, width * factor] as const;
  const decoded = new Float32Array(batch * 3 * sides[0] * sides[1]);
  for (let at = 0; at < decoded.length; at++) {
    const x = Math.floor((at % sides[1]) / factor);
    const y = Math.floor((Math.floor(at / sides[1]) % sides[0]) / factor);
    const plane = Math.floor(at / (sides[0] * sides[1]));
    const channel = Math.floor(plane / 3) * channels + (plane % 3);
    decoded[at] = value ?? data[(channel * height + y) * width + x] ?? 0;
  }
  return { data: decoded, shape: [batch, 3, ...sides] };
}

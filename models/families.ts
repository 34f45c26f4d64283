/** The model families that can be run: what each package must hold, and what old exports leave unsaid. */

export interface PreviewFactors {
  /** One row per latent channel. */
  factors: readonly (readonly [number, number, number])[];
  bias: readonly [number, number, number];
}

/** A tokenizer and the text encoder that it feeds, as folders of the package. */
export interface TextStageLayout {
  tokenizer: string;
  encoder: string;
  /** Which layer the network was trained on: the last one after the final norm, or the last but one without it. */
  hiddenState: 'last' | 'penultimate';
}

/** How a family turns words into the network's conditioning, and what its latents look like. */
export interface ModelFamily {
  name: string;
  /** In the order in which their hidden states are joined; the last one gives the pooled vector. */
  textStages: readonly TextStageLayout[];
  /** Folder of the denoising network. */
  network: string;
  /** Network inputs that must be there and are fed, beside `sample` and `timestep`. */
  conditioningInputs: readonly ConditioningInput[];
  /** For packages whose configuration does not say. */
  fallbacks: {
    latentChannels: number;
    scalingFactor: number;
    shiftFactor: number;
    /** Levels of the VAE and of the network: each but the first halves the size. */
    vaeLevels: number;
    networkLevels: number;
    /** Side of the latents that the network was trained on. */
    sampleSize: number;
    /** Whether an empty negative prompt is zeros instead of an encoded text. */
    zeroesEmptyNegative: boolean;
  };
  /** What it is drawn with, where nobody says otherwise: as the reference's pipeline of this family. */
  defaults: { steps: number; guidanceScale: number };
  /** Latents to RGB for packages that bring no map of their own. */
  previewFactors: PreviewFactors;
}

/** Beside these a network may always take `timestep_cond`, the guidance of a distilled model. */
type ConditioningInput = 'encoder_hidden_states' | 'text_embeds' | 'time_ids';

/** Rombach et al. 2022; SD 1.x and 2.x differ only in what their configuration files say. */
const STABLE_DIFFUSION: ModelFamily = {
  name: 'Stable Diffusion',
  textStages: [{ tokenizer: 'tokenizer', encoder: 'text_encoder', hiddenState: 'last' }],
  network: 'unet',
  conditioningInputs: ['encoder_hidden_states'],
  fallbacks: {
    latentChannels: 4,
    scalingFactor: 0.18215,
    shiftFactor: 0,
    vaeLevels: 4,
    networkLevels: 4,
    sampleSize: 64,
    zeroesEmptyNegative: false,
  },
  // DPM++ 2M needs no more than 25; the first-order samplers look finished by then.
  defaults: { steps: 25, guidanceScale: 7.5 },
  // Published least-squares factors for SD 1.x latents, as ComfyUI's latent_formats lists them.
  previewFactors: {
    factors: [
      [0.3512, 0.2297, 0.3227],
      [0.325, 0.4974, 0.235],
      [-0.2829, 0.1762, 0.2721],
      [-0.212, -0.2616, -0.7177],
    ],
    bias: [0, 0, 0],
  },
};

/** Luo et al. 2023: a Stable Diffusion that learned to need few steps, with the guidance as an input. */
const LATENT_CONSISTENCY: ModelFamily = {
  ...STABLE_DIFFUSION,
  name: 'Latent Consistency',
  defaults: { steps: 4, guidanceScale: 8.5 },
};

/** Podell et al. 2023. */
const STABLE_DIFFUSION_XL: ModelFamily = {
  name: 'Stable Diffusion XL',
  textStages: [
    { tokenizer: 'tokenizer', encoder: 'text_encoder', hiddenState: 'penultimate' },
    { tokenizer: 'tokenizer_2', encoder: 'text_encoder_2', hiddenState: 'penultimate' },
  ],
  network: 'unet',
  conditioningInputs: ['encoder_hidden_states', 'text_embeds', 'time_ids'],
  fallbacks: {
    latentChannels: 4,
    scalingFactor: 0.13025,
    shiftFactor: 0,
    vaeLevels: 4,
    networkLevels: 3,
    sampleSize: 128,
    zeroesEmptyNegative: true,
  },
  defaults: { steps: 25, guidanceScale: 5 },
  // From the same published table.
  previewFactors: {
    factors: [
      [0.3651, 0.4232, 0.4341],
      [-0.2533, -0.0042, 0.1068],
      [0.1076, 0.1111, -0.0362],
      [-0.3165, -0.2492, -0.2188],
    ],
    bias: [0.1084, -0.0175, -0.0011],
  },
};

/** `_class_name` of model_index.json, without the ORT or Onnx that exporters put before it → family. */
const FAMILIES = new Map<string, ModelFamily>([
  ['StableDiffusionPipeline', STABLE_DIFFUSION],
  ['StableDiffusionImg2ImgPipeline', STABLE_DIFFUSION],
  ['StableDiffusionInpaintPipeline', STABLE_DIFFUSION],
  ['LatentConsistencyModelPipeline', LATENT_CONSISTENCY],
  ['LatentConsistencyModelImg2ImgPipeline', LATENT_CONSISTENCY],
  ['StableDiffusionXLPipeline', STABLE_DIFFUSION_XL],
  ['StableDiffusionXLImg2ImgPipeline', STABLE_DIFFUSION_XL],
  ['StableDiffusionXLInpaintPipeline', STABLE_DIFFUSION_XL],
]);

/** Starts of known class names that cannot be run → what people call them, and what each needs beyond a family above. */
const MISSING_FAMILIES: readonly (readonly [string, string])[] = [
  [
    'StableDiffusion3',
    'Stable Diffusion 3, which needs three text encoders, a transformer and flow matching',
  ],
  [
    'Flux',
    'FLUX, which needs a T5 text encoder, a transformer over packed latents and flow matching',
  ],
  ['StableCascade', 'Stable Cascade, which draws in two stages over a latent space of its own'],
  ['Wuerstchen', 'Würstchen, which draws in two stages over a latent space of its own'],
  ['StableDiffusionXLControlNet', 'a ControlNet, which needs a second network'],
  ['StableDiffusionControlNet', 'a ControlNet, which needs a second network'],
  [
    'StableDiffusionUpscale',
    'an upscaler, which draws from a small picture and not from words alone',
  ],
  ['StableDiffusionInstructPix2Pix', 'InstructPix2Pix, which needs a picture with every prompt'],
  ['StableDiffusionXLInstructPix2Pix', 'InstructPix2Pix, which needs a picture with every prompt'],
  ['PixArt', 'PixArt, which needs a T5 text encoder and a transformer'],
  ['Kandinsky', 'Kandinsky, which needs a prior of its own'],
  ['IF', 'DeepFloyd IF, which draws pixels in three stages'],
  ['AuraFlow', 'AuraFlow, which needs a T5 text encoder and a transformer'],
  ['Sana', 'Sana, which needs a language model as its text encoder and a transformer'],
  ['QwenImage', 'Qwen-Image, which needs a language model as its text encoder and a transformer'],
];

/** The family of a pipeline class, or what it is where it cannot be run. */
export function findFamily(className: string): ModelFamily | { missing: string } {
  const plainName = className.replace(/^(?:ORT|Onnx)/, '');
  const family = FAMILIES.get(plainName);
  if (family !== undefined) return family;
  const known = MISSING_FAMILIES.find(([start]) => plainName.startsWith(start));
  return { missing: known?.[1] ?? `a ${className.slice(0, 100)}, of which nothing is known here` };
}

/** A grey picture of the latents' mean: for channels that nothing is known about. */
export function neutralPreviewFactors(latentChannels: number): PreviewFactors {
  const weight = 1 / Math.sqrt(latentChannels);
  return {
    factors: Array.from({ length: latentChannels }, () => [weight, weight, weight] as const),
    bias: [0, 0, 0],
  };
}

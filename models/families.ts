/** The model families that can be run: what each package must hold, and what old exports leave unsaid. */

export interface PreviewFactors {
  /** One row per latent channel. */
  factors: readonly (readonly [number, number, number])[];
  bias: readonly [number, number, number];
}

/** How a family turns words into the network's conditioning, and what its latents look like. */
export interface ModelFamily {
  name: string;
  /** Tokenizer and text encoder folders, in the order in which their embeddings are joined. */
  textStages: readonly { tokenizer: string; encoder: string }[];
  /** Folder of the denoising network. */
  network: string;
  /** Network inputs beside `sample` and `timestep` that can be fed. */
  conditioningInputs: readonly string[];
  /** For packages whose configuration does not say. */
  fallbacks: {
    latentChannels: number;
    scalingFactor: number;
    /** Levels of the VAE and of the network: each but the first halves the size. */
    vaeLevels: number;
    networkLevels: number;
    /** Side of the latents that the network was trained on. */
    sampleSize: number;
  };
  /** Latents to RGB for packages that bring no map of their own. */
  previewFactors: PreviewFactors;
}

/** Rombach et al. 2022; SD 1.x and 2.x differ only in what their configuration files say. */
const STABLE_DIFFUSION: ModelFamily = {
  name: 'Stable Diffusion',
  textStages: [{ tokenizer: 'tokenizer', encoder: 'text_encoder' }],
  network: 'unet',
  conditioningInputs: ['encoder_hidden_states'],
  fallbacks: {
    latentChannels: 4,
    scalingFactor: 0.18215,
    vaeLevels: 4,
    networkLevels: 4,
    sampleSize: 64,
  },
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

/** `_class_name` of model_index.json, without the ORT or Onnx that exporters put before it → family. */
const FAMILIES = new Map<string, ModelFamily>([
  ['StableDiffusionPipeline', STABLE_DIFFUSION],
  ['StableDiffusionImg2ImgPipeline', STABLE_DIFFUSION],
]);

/** Known classes that cannot be run, and what each of them needs beyond a family above. */
const MISSING_PARTS = new Map<string, string>([
  ['StableDiffusionInpaintPipeline', 'a mask and a masked picture as further network inputs'],
  ['StableDiffusionXLPipeline', 'a second text encoder and size conditioning'],
  ['StableDiffusionXLImg2ImgPipeline', 'a second text encoder and size conditioning'],
  ['LatentConsistencyModelPipeline', 'guidance as a network input'],
  ['StableDiffusion3Pipeline', 'three text encoders, a transformer and flow matching'],
  ['FluxPipeline', 'a T5 text encoder, a transformer over packed latents and flow matching'],
]);

/** The family of a pipeline class, or why there is none. */
export function findFamily(className: string): ModelFamily | { missing: string } {
  const plainName = className.replace(/^(?:ORT|Onnx)/, '');
  const family = FAMILIES.get(plainName);
  if (family !== undefined) return family;
  const part = MISSING_PARTS.get(plainName);
  return { missing: part ?? `a ${className}, of which nothing is known here` };
}

/** A grey picture of the latents' mean: for channels that nothing is known about. */
export function neutralPreviewFactors(latentChannels: number): PreviewFactors {
  const weight = 1 / Math.sqrt(latentChannels);
  return {
    factors: Array.from({ length: latentChannels }, () => [weight, weight, weight] as const),
    bias: [0, 0, 0],
  };
}

/** Latents to pictures. */
import { GenerationError } from '#contract/generation-error.ts';
import type { Settings } from '#contract/generation-result.ts';
import { isFiniteData } from '../sampling/finite-data.ts';
import { toPixels, type PixelImage } from './pixels.ts';
import type { ImageModel, Tensor } from './ports.ts';

/**
 * Decodes the pictures of a batch one after the other. One at a time is no slower than a batch (4 pictures of 128×128 on
 * two cores: 100 ms either way), needs a fourth of the memory, and lets the first file be written meanwhile.
 *
 * Throws a GenerationError when the sampler or the decoder left the range of numbers: the picture would be black.
 */
export async function* decodeLatents(
  model: ImageModel,
  latents: Tensor,
  settings: Settings,
): AsyncGenerator<PixelImage> {
  if (!isFiniteData(latents.data)) throw toRangeError(settings);
  const [count = 0, ...pictureShape] = latents.shape;
  const length = latents.data.length / count;
  for (let index = 0; index < count; index++) {
    const data = latents.data.slice(index * length, (index + 1) * length);
    for (let at = 0; at < length; at++) {
      data[at] = (data[at] ?? 0) / model.scalingFactor + model.shiftFactor;
    }
    const picture = await model.decode({ data, shape: [1, ...pictureShape] });
    if (!isFiniteData(picture.data)) throw toDecoderError(model);
    yield toPixels(picture);
  }
}

function toRangeError({ sampler, guidanceScale, steps }: Settings): GenerationError {
  return new GenerationError(
    'internal',
    `Drawing in ${steps} steps with the sampler ${sampler} and guidance ${guidanceScale} left the range of numbers; ` +
      'lower the guidance, or choose more steps or another sampler.',
  );
}

function toDecoderError(model: ImageModel): GenerationError {
  return new GenerationError(
    'model-broken',
    `The decoder of the model ${model.description.id} gave values that are not numbers; ` +
      'choose a package whose VAE runs in float32.',
  );
}

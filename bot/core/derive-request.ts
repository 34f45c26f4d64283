/** New requests from a picture that is there: the arithmetic behind the buttons. */
import type { GenerateRequest, UpscaleRequest, Variation } from '#contract/generation-request.ts';
import type { ImageSource } from '#contract/image-source.ts';
import { LIMITS } from '#contract/limits.ts';
import type { Outpaint } from '#contract/picture-editing.ts';
import { toSinglePicture } from '#contract/recipe.ts';

/**
 * Neighbours of picture `index`, as many as its grid had. The picture's own noise stays the start, whatever turns led
 * to it, and one more turn towards a fresh seed follows; so a variation of a variation is a neighbour of the picture
 * that was pressed and not of its ancestor, and every one of them can be drawn again from its command.
 * Undefined when the request carries as many turns as it may already.
 */
export function toVariation(
  request: GenerateRequest,
  index: number,
  turn: Variation,
): GenerateRequest | undefined {
  const picture = toSinglePicture(request, index);
  const variations = [...(picture.variations ?? []), turn];
  if (variations.length > LIMITS.variations.max) return undefined;
  return { ...picture, variations, count: request.count };
}

/** The same again with other noise. A grid of variations stays one: other neighbours of the same picture. */
export function toReroll(request: GenerateRequest, seed: number): GenerateRequest {
  const { variations } = request;
  const last = variations?.at(-1);
  if (variations === undefined || last === undefined) return { ...request, seed };
  return { ...request, variations: [...variations.slice(0, -1), { ...last, seed }] };
}

/** What a picture was drawn from, without how it was edited: the words and settings with which it is gone on from. */
export function toPlainDrawing(request: GenerateRequest): GenerateRequest {
  const {
    startImage: _startImage,
    strength: _strength,
    inpaint: _inpaint,
    outpaint: _outpaint,
    variations: _variations,
    tile: _tile,
    clip: _clip,
    ...plain
  } = request;
  return { ...plain, size: { kind: 'default' } };
}

/** The picture goes on beyond its edges, in several ways to choose from. */
export function toOutpainted(
  drawing: GenerateRequest,
  startImage: ImageSource,
  outpaint: Outpaint,
): GenerateRequest {
  return { ...drawing, startImage, outpaint };
}

/** Larger, as it is or drawn over once more with its own words. */
export function toUpscaled(
  image: ImageSource,
  factor: UpscaleRequest['factor'],
  creative?: GenerateRequest,
): UpscaleRequest {
  if (creative === undefined) return { kind: 'upscale', image, factor };
  const { prompt, negativePrompt, seed, modelId, style } = creative;
  return {
    kind: 'upscale',
    image,
    factor,
    creative: { prompt, negativePrompt, seed, modelId, style },
  };
}

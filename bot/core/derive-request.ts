/** New requests from a picture that is there: the arithmetic behind reroll, vary and upscale. */
import type { GenerateRequest, Variation } from '#contract/generation-request.ts';
import { LIMITS } from '#contract/limits.ts';
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

/** The size at which a model draws over a picture: the nearest to the picture's shape that it can draw. Pure. */
import type { RequestedSize } from '#contract/generation-request.ts';
import { LIMITS } from '#contract/limits.ts';
import type { ImageModel } from '../ports.ts';
import { resolveSize } from '../resolve-size.ts';

export interface Size {
  widthPx: number;
  heightPx: number;
}

export type DrawingModel = Pick<ImageModel, 'description' | 'sizeMultiplePx' | 'vaeFactor'>;

/** A picture up to this many times the model's native area is drawn at its own size. */
const OWN_SIZE_AREA_MAX = 2;
const OWN_SIZE_AREA_MIN = 0.25;
/** Shapes that differ by less look the same. */
const RATIO_TOLERANCE = 0.02;

/**
 * Of a size that was asked for, or of the picture's own: as it is while it suits the model, else at the native area.
 * The notes say where the picture's margins are cut off for another shape.
 */
export function chooseDrawSize(
  model: DrawingModel,
  asked: RequestedSize,
  picture: Size,
): Size & { notes: string[] } {
  const { widthPx, heightPx, note } = resolveSize(
    asked.kind === 'default' ? toOwnSize(model, picture) : asked,
    model,
  );
  const ratio = (widthPx * picture.heightPx) / (heightPx * picture.widthPx);
  const cutNote = `Drawn at ${widthPx}×${heightPx}: the margins of your picture (${picture.widthPx}×${picture.heightPx}) were cut off to this shape.`;
  const isCut = Math.abs(Math.log(ratio)) > RATIO_TOLERANCE;
  const askedNotes = asked.kind === 'default' || note === undefined ? [] : [note];
  return { widthPx, heightPx, notes: isCut ? [...askedNotes, cutNote] : askedNotes };
}

function toOwnSize({ description }: DrawingModel, { widthPx, heightPx }: Size): RequestedSize {
  const native = description.defaults;
  const area = (widthPx * heightPx) / (native.widthPx * native.heightPx);
  const ratio = clamp(widthPx / heightPx, 1 / LIMITS.aspectRatioMax, LIMITS.aspectRatioMax);
  const isOwnRatio = ratio === widthPx / heightPx;
  return area <= OWN_SIZE_AREA_MAX && area >= OWN_SIZE_AREA_MIN && isOwnRatio
    ? { kind: 'pixels', widthPx, heightPx }
    : { kind: 'aspect', width: ratio, height: 1 };
}

function clamp(value: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, value));
}

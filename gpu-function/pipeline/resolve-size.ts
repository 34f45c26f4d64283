/** The size that is drawn: the nearest to what was asked that the model can draw. */
import { GenerationError } from '#contract/generation-error.ts';
import type { RequestedSize } from '#contract/generation-request.ts';
import { LIMITS } from '#contract/limits.ts';
import type { ImageModel } from './ports.ts';

export interface ResolvedSize {
  widthPx: number;
  heightPx: number;
  /** For the person, when it is not what was asked for. */
  note?: string | undefined;
}

/** What is asked of the model here. */
export type SizedModel = Pick<ImageModel, 'description' | 'sizeMultiplePx' | 'sizeBuckets'>;

interface Size {
  widthPx: number;
  heightPx: number;
}

/** A ratio this near to the asked one looks the same (about 5 pixels in 512). */
const RATIO_TOLERANCE = 0.01;
/** How much a wrong area counts beside a wrong ratio: the ratio is what was asked for, the area is what suits the model. */
const AREA_WEIGHT = 0.5;

/**
 * Fixed-shape models draw their one size; others a multiple of `sizeMultiplePx` a side, near the model's native area for
 * an aspect ratio, and at most LIMITS.areaTimesNativeMax times that area. Resolving a resolved size changes nothing.
 * Throws GenerationError `size-unsupported` for ratios beyond LIMITS.aspectRatioMax.
 */
export function resolveSize(asked: RequestedSize, model: SizedModel): ResolvedSize {
  checkRatio(asked);
  const { fixedSize } = model.description;
  if (fixedSize !== undefined) return resolveFixed(asked, fixedSize);
  const resolved = resolveFree(asked, model);
  const buckets = (model.sizeBuckets ?? []).map((bucket) => resolveFree(bucket, model));
  return buckets.length === 0 ? resolved : toBucket(resolved, buckets, asked);
}

function resolveFree(asked: RequestedSize, model: SizedModel): ResolvedSize {
  const native = model.description.defaults;
  const multiplePx = leastCommonMultiple(model.sizeMultiplePx, LIMITS.sidePx.multipleOf);
  switch (asked.kind) {
    case 'default':
      return { widthPx: native.widthPx, heightPx: native.heightPx };
    case 'aspect':
      return resolveAspect(asked, native, multiplePx);
    case 'pixels':
      return resolvePixels(asked, native, multiplePx);
  }
}

/** The nearest of the sizes that the machine is prepared for; the first of equals. */
function toBucket(
  wanted: ResolvedSize,
  buckets: readonly ResolvedSize[],
  asked: RequestedSize,
): ResolvedSize {
  const error = (size: Size) =>
    Math.abs(Math.log(size.widthPx / size.heightPx / (wanted.widthPx / wanted.heightPx))) +
    AREA_WEIGHT *
      Math.abs(Math.log((size.widthPx * size.heightPx) / (wanted.widthPx * wanted.heightPx)));
  const { widthPx, heightPx } = buckets.reduce((a, b) => (error(b) < error(a) ? b : a));
  if (widthPx === wanted.widthPx && heightPx === wanted.heightPx) return wanted;
  const note = `Drawn at ${format({ widthPx, heightPx })}, the nearest to ${nameOf(asked)} of the sizes that this machine is prepared for.`;
  return { widthPx, heightPx, note };
}

/** Of the model's sides and those that a request can ask for, so that every drawn size can be asked for again. */
function leastCommonMultiple(a: number, b: number): number {
  const divisor = (x: number, y: number): number => (y === 0 ? x : divisor(y, x % y));
  return (a / divisor(a, b)) * b;
}

function checkRatio(asked: RequestedSize): void {
  const ratio = ratioOf(asked) ?? 1;
  if (Math.max(ratio, 1 / ratio) <= LIMITS.aspectRatioMax) return;
  throw new GenerationError(
    'size-unsupported',
    `The size ${nameOf(asked)} is too long; neither side may be more than ` +
      `${LIMITS.aspectRatioMax} times the other.`,
  );
}

function resolveFixed(asked: RequestedSize, fixed: Size): ResolvedSize {
  const isAsAsked =
    asked.kind === 'default' ||
    (asked.kind === 'pixels'
      ? asked.widthPx === fixed.widthPx && asked.heightPx === fixed.heightPx
      : isNear(asked.width / asked.height, fixed));
  const note = `Drawn at ${format(fixed)}: this model draws no other size (asked for ${nameOf(asked)}).`;
  return { ...fixed, note: isAsAsked ? undefined : note };
}

function resolveAspect(
  asked: RequestedSize & { kind: 'aspect' },
  native: Size,
  multiplePx: number,
): ResolvedSize {
  const ratio = asked.width / asked.height;
  const nativeArea = native.widthPx * native.heightPx;
  const error = ({ widthPx, heightPx }: Size) =>
    Math.abs(Math.log(widthPx / heightPx / ratio)) +
    AREA_WEIGHT * Math.abs(Math.log((widthPx * heightPx) / nativeArea));
  const candidates = multiples(multiplePx).flatMap((widthPx) =>
    [Math.floor, Math.ceil].map((round) => ({
      widthPx,
      heightPx: clampSide(round(widthPx / ratio / multiplePx) * multiplePx, multiplePx),
    })),
  );
  const best = candidates.filter(isWithinRatio).reduce((a, b) => (error(b) < error(a) ? b : a));
  const note = `Drawn at ${format(best)}, the nearest to ${nameOf(asked)} that this model draws.`;
  return { ...best, note: isNear(ratio, best) ? undefined : note };
}

function resolvePixels(
  asked: RequestedSize & { kind: 'pixels' },
  native: Size,
  multiplePx: number,
): ResolvedSize {
  const areaMax = native.widthPx * native.heightPx * LIMITS.areaTimesNativeMax;
  const nearest = toMultiples(asked, multiplePx, Math.round);
  if (nearest.widthPx * nearest.heightPx <= areaMax) {
    const isAsAsked = nearest.widthPx === asked.widthPx && nearest.heightPx === asked.heightPx;
    const note =
      `Drawn at ${format(nearest)}: this model's sides are multiples of ${multiplePx} ` +
      `(asked for ${nameOf(asked)}).`;
    return { ...nearest, note: isAsAsked ? undefined : note };
  }
  const scale = Math.sqrt(areaMax / (asked.widthPx * asked.heightPx));
  const largest = toMultiples(
    { widthPx: asked.widthPx * scale, heightPx: asked.heightPx * scale },
    multiplePx,
    Math.floor,
  );
  const note = `Drawn at ${format(largest)}: this model draws nothing larger (asked for ${nameOf(asked)}).`;
  return { ...largest, note };
}

function toMultiples(
  size: Size,
  multiplePx: number,
  round: (value: number) => number,
): { widthPx: number; heightPx: number } {
  const toSide = (px: number) => clampSide(round(px / multiplePx) * multiplePx, multiplePx);
  const widthPx = toSide(size.widthPx);
  const heightPx = toSide(size.heightPx);
  // Rounding may have made the ratio larger than what may be asked for.
  const longestPx = Math.min(widthPx, heightPx) * LIMITS.aspectRatioMax;
  return { widthPx: Math.min(widthPx, longestPx), heightPx: Math.min(heightPx, longestPx) };
}

function isWithinRatio({ widthPx, heightPx }: Size): boolean {
  return Math.max(widthPx, heightPx) <= Math.min(widthPx, heightPx) * LIMITS.aspectRatioMax;
}

/** All sides that the limits allow, ascending. */
function multiples(multiplePx: number): number[] {
  const count = Math.floor(LIMITS.sidePx.max / multiplePx);
  return Array.from({ length: count }, (_, index) =>
    clampSide((index + 1) * multiplePx, multiplePx),
  );
}

function clampSide(px: number, multiplePx: number): number {
  const min = Math.ceil(LIMITS.sidePx.min / multiplePx) * multiplePx;
  const max = Math.floor(LIMITS.sidePx.max / multiplePx) * multiplePx;
  return Math.min(max, Math.max(min, px));
}

function isNear(ratio: number, { widthPx, heightPx }: Size): boolean {
  return Math.abs(Math.log(widthPx / heightPx / ratio)) <= RATIO_TOLERANCE;
}

function ratioOf(asked: RequestedSize): number | undefined {
  switch (asked.kind) {
    case 'default':
      return undefined;
    case 'aspect':
      return asked.width / asked.height;
    case 'pixels':
      return asked.widthPx / asked.heightPx;
  }
}

function nameOf(asked: RequestedSize): string {
  switch (asked.kind) {
    case 'default':
      return 'the default';
    case 'aspect':
      return `${asked.width}:${asked.height}`;
    case 'pixels':
      return format(asked);
  }
}

function format({ widthPx, heightPx }: Size): string {
  return `${widthPx}×${heightPx}`;
}

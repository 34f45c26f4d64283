/** From a request and a decoded picture to what is drawn where: sizes, canvas, mask, windows. Pure. */
import type { GenerateRequest } from '#contract/generation-request.ts';
import { GenerationError } from '#contract/generation-error.ts';
import type { Settings } from '#contract/generation-result.ts';
import { STRENGTHS } from '#contract/strengths.ts';
import { createHash } from 'node:crypto';
import type { PixelImage } from '../pixels.ts';
import { boundsOf, countDrawn, type MaskPlane } from './mask-plane.ts';
import { chooseDrawSize, type DrawingModel, type Size } from './choose-draw-size.ts';
import { placeOnCanvas } from './place-on-canvas.ts';
import { heightOf, widthOf, wholeOf, type Area } from './picture-area.ts';
import { coverWithWindows, largestOfRatio, planOutwards, surround } from './plan-windows.ts';
import type { SourcePicture } from './read-edit.ts';
import { resolveMask } from './resolve-mask.ts';

/** A part of the canvas that is drawn at once, at the size that the model draws. */
export interface Window {
  area: Area;
  drawSize: Size;
}

export type EditPlan =
  /** One drawing that starts from the picture as a whole. */
  | { kind: 'image-to-image'; source: PixelImage; size: Size }
  /** Drawings into the masked part of a canvas, one after the other. */
  | {
      kind: 'canvas';
      canvas: PixelImage;
      mask: MaskPlane;
      windows: Window[];
      featherPx: number;
      /** inwards: nothing outside the mask changes. outwards: the seam is hidden in the kept picture's margin. */
      fade: 'inwards' | 'outwards';
    };

export interface ResolvedEdit {
  plan: EditPlan;
  /** What the settings say of it. */
  settings: Pick<
    Settings,
    'widthPx' | 'heightPx' | 'startImage' | 'strength' | 'inpaint' | 'outpaint'
  >;
  notes: string[];
}

/** Shares of the mask's size: small masks get a thin seam, large ones a soft one. */
const FEATHER_SHARE = 0.12;
const FEATHER_MAX_PX = 64;
const PADDING_SHARE = 0.25;
const PADDING_MIN_PX = 8;

export interface EditRequest {
  request: GenerateRequest;
  model: DrawingModel;
  source: SourcePicture;
  maskImage: PixelImage | undefined;
}

/** Throws GenerationError `mask-unusable`, `size-unsupported` or `invalid-request`. */
export function planEdit(edit: EditRequest): ResolvedEdit {
  const { request, source } = edit;
  const { image, sha256 } = source;
  const startImage = { sha256, widthPx: image.widthPx, heightPx: image.heightPx };
  const resolved = planKind(edit);
  return {
    ...resolved,
    settings: { startImage, strength: request.strength, ...resolved.settings },
    notes: [...source.notes, ...resolved.notes],
  };
}

function planKind(edit: EditRequest): ResolvedEdit {
  const { request } = edit;
  if (request.inpaint !== undefined) return planInpaint(edit, request.inpaint);
  if (request.outpaint !== undefined) return planOutpaint(edit, request.outpaint);
  const size = chooseDrawSize(edit.model, request.size, edit.source.image);
  return {
    plan: { kind: 'image-to-image', source: edit.source.image, size },
    settings: {
      widthPx: size.widthPx,
      heightPx: size.heightPx,
      strength: request.strength ?? STRENGTHS.imageToImage.default,
    },
    notes: size.notes,
  };
}

function planInpaint(
  { request, model, source, maskImage }: EditRequest,
  inpaint: NonNullable<GenerateRequest['inpaint']>,
): ResolvedEdit {
  const canvas = source.image;
  const mask = resolveMask(inpaint.mask, canvas, maskImage);
  const bounds = boundsOf(mask) ?? wholeOf(canvas);
  const maskSide = Math.sqrt(widthOf(bounds) * heightOf(bounds));
  const featherPx =
    inpaint.featherPx ?? clamp(Math.round(maskSide * FEATHER_SHARE), 1, FEATHER_MAX_PX);
  const paddingPx =
    inpaint.paddingPx ?? Math.max(PADDING_MIN_PX, Math.round(maskSide * PADDING_SHARE));
  const isWholeMasked = countDrawn(mask) === mask.values.length;
  return {
    plan: {
      kind: 'canvas',
      canvas,
      mask,
      windows: inpaintWindows({ model, canvas, bounds, area: inpaint.area, paddingPx }),
      featherPx,
      fade: 'inwards',
    },
    settings: {
      widthPx: canvas.widthPx,
      heightPx: canvas.heightPx,
      strength: request.strength ?? STRENGTHS.inpaint,
      inpaint: {
        area: inpaint.area,
        featherPx,
        paddingPx: inpaint.area === 'whole' ? 0 : paddingPx,
        maskSha256: createHash('sha256').update(mask.values).digest('hex'),
      },
    },
    notes: isWholeMasked ? ['The mask covers the whole picture, so all of it was drawn anew.'] : [],
  };
}

function inpaintWindows(task: {
  model: DrawingModel;
  canvas: PixelImage;
  bounds: Area;
  area: 'whole' | 'only-masked';
  paddingPx: number;
}): Window[] {
  const { model, canvas, bounds, area, paddingPx } = task;
  const drawSize = chooseDrawSize(model, { kind: 'default' }, canvas);
  if (area === 'only-masked') {
    const window = surround(bounds, paddingPx, drawSize, canvas);
    if (widthOf(window) >= widthOf(bounds) && heightOf(window) >= heightOf(bounds)) {
      return [{ area: window, drawSize }];
    }
  }
  const ratioError = (drawSize.widthPx * canvas.heightPx) / (drawSize.heightPx * canvas.widthPx);
  // A model of free sizes is off by a few pixels only, which one window hides; of one fixed size it needs several.
  const windowSize =
    Math.abs(Math.log(ratioError)) < RATIO_ERROR_MAX ? canvas : largestOfRatio(drawSize, canvas);
  return coverWithWindows(bounds, windowSize, canvas).map((window) => ({ area: window, drawSize }));
}

/** Stretching a picture by this much and back is not seen. */
const RATIO_ERROR_MAX = 0.12;

function planOutpaint(
  { request, model, source }: EditRequest,
  outpaint: NonNullable<GenerateRequest['outpaint']>,
): ResolvedEdit {
  const { canvas, mask, kept, notes } = placeOnCanvas(source.image, outpaint, model);
  const native = model.description.fixedSize ?? model.description.defaults;
  const { windowSize, drawSize } = chooseWindow(native, canvas);
  const windows = planOutwards(mask, windowSize);
  if (windows.length === 0) {
    throw new GenerationError('invalid-request', 'No border is to be drawn; give at least one.');
  }
  const scale = windowSize.widthPx / drawSize.widthPx;
  return {
    plan: {
      kind: 'canvas',
      canvas,
      mask,
      windows: windows.map((area) => ({ area, drawSize })),
      featherPx: Math.max(1, Math.round(model.vaeFactor * scale)),
      fade: 'outwards',
    },
    settings: {
      widthPx: canvas.widthPx,
      heightPx: canvas.heightPx,
      strength:
        request.strength ?? model.description.defaults.outpaintStrength ?? STRENGTHS.outpaint,
      outpaint: { kind: outpaint.kind, kept },
    },
    notes,
  };
}

/**
 * Windows as large as the canvas lets them be, drawn at the model's own size and enlarged where they are larger: several
 * at its own scale would each draw the whole scene again.
 */
function chooseWindow(native: Size, canvas: Size): { windowSize: Size; drawSize: Size } {
  const drawSize = { widthPx: native.widthPx, heightPx: native.heightPx };
  return { windowSize: largestOfRatio(drawSize, canvas), drawSize };
}

function clamp(value: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, value));
}

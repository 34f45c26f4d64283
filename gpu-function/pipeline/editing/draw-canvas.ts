/** Drawings into the masked part of a canvas, window by window, laid into it without a seam. */
import { decodePictures, drawLatents, type Studio } from '../draw.ts';
import { resampleLanczos } from '../image-file.ts';
import type { PixelImage } from '../pixels.ts';
import { resampleAsPillow } from '../resample-picture.ts';
import { cutMask, fadeInwards, fadeOutwards, boundsOf, type MaskPlane } from './mask-plane.ts';
import { cutOut, flatten, isWhole, layOver, type Area } from './picture-area.ts';
import type { EditPlan, Window } from './plan-edit.ts';
import { clearInside } from './plan-windows.ts';
import { createCanvasPainter } from './preview-canvas.ts';

type CanvasPlan = Extract<EditPlan, { kind: 'canvas' }>;

/** The finished canvases, one a picture of the job. Later windows continue what earlier ones drew. */
export async function drawCanvas(
  studio: Studio,
  plan: CanvasPlan,
  strength: number,
): Promise<PixelImage[]> {
  const remaining: MaskPlane = { ...plan.mask, values: plan.mask.values.slice() };
  const stepsPerWindow = studio.plan.steps;
  const windows = plan.windows.filter(({ area }) => boundsOf(cutMask(plan.mask, area)));
  let canvases: PixelImage[] = [plan.canvas];
  for (const [index, window] of windows.entries()) {
    const mask = cutMask(remaining, window.area);
    if (boundsOf(mask) === undefined) continue;
    const latents = await drawLatents(studio, {
      size: window.drawSize,
      start: {
        pictures: canvases.map((canvas) => toStartPicture(canvas, window)),
        strength,
        mask: cutMask(remaining, window.area, window.drawSize),
      },
      part: {
        stepsBefore: index * stepsPerWindow,
        stepsInAll: windows.length * stepsPerWindow,
      },
      paint: createCanvasPainter(studio, canvases, window.area, window.drawSize),
    });
    const drawn: PixelImage[] = [];
    for await (const picture of decodePictures(studio, latents)) drawn.push(picture);
    const opacity = toWindowOpacity(plan, mask, window.area);
    canvases = await layEach(canvases, drawn, window.area, opacity);
    clearInside(remaining, window.area);
  }
  return plan.fade === 'inwards' ? canvases.map((canvas) => fadeIn(canvas, plan)) : canvases;
}

/** Where the canvas has the drawn size already nothing is resampled. */
function toStartPicture(canvas: PixelImage, { area, drawSize }: Window): PixelImage {
  const part = flatten(isWhole(area, canvas) ? canvas : cutOut(canvas, area));
  return resampleAsPillow(part, drawSize.widthPx, drawSize.heightPx);
}

/** What was drawn before is faded over; what is kept in an inpainting is left for the end. */
function toWindowOpacity(plan: CanvasPlan, mask: MaskPlane, area: Area): Float32Array {
  const opacity = fadeOutwards(mask, plan.featherPx);
  if (plan.fade === 'outwards') return opacity;
  const { values } = cutMask(plan.mask, area);
  return opacity.map((share, place) => (values[place] === 1 ? share : 0));
}

async function layEach(
  canvases: readonly PixelImage[],
  drawn: readonly PixelImage[],
  area: Area,
  opacity: Float32Array,
): Promise<PixelImage[]> {
  const laid: PixelImage[] = [];
  for (const [index, picture] of drawn.entries()) {
    const canvas = canvases[index] ?? canvases[0];
    if (canvas === undefined) throw new RangeError('there is no canvas');
    const [widthPx, heightPx] = [area.right - area.left, area.bottom - area.top];
    const fitting = isWhole(area, picture)
      ? picture
      : await resampleLanczos(picture, widthPx, heightPx);
    laid.push(layOver(canvas, fitting, area, opacity));
  }
  return laid;
}

/** The drawn part over the untouched picture: its edge soft, and every byte outside the mask as it was. */
function fadeIn(drawn: PixelImage, { canvas, mask, featherPx }: CanvasPlan): PixelImage {
  const bounds = boundsOf(mask) ?? { left: 0, top: 0, right: 0, bottom: 0 };
  // One pixel of the kept part all around, so that the mask's edge is one; the canvas's edge is none.
  const area = {
    left: Math.max(0, bounds.left - 1),
    top: Math.max(0, bounds.top - 1),
    right: Math.min(canvas.widthPx, bounds.right + 1),
    bottom: Math.min(canvas.heightPx, bounds.bottom + 1),
  };
  return layOver(canvas, cutOut(drawn, area), area, fadeInwards(cutMask(mask, area), featherPx));
}

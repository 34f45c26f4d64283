/** Previews of a canvas that is drawn in parts: all of it, small, with the part that is being drawn as it is now. */
import type { Preview } from '#contract/job-event.ts';
import type { Studio } from '../draw.ts';
import type { PixelImage } from '../pixels.ts';
import { resampleAsPillow } from '../resample-picture.ts';
import { toLatentShape } from '../prepare-latents.ts';
import { createPreviewPainter } from '../preview.ts';
import { flatten, type Area } from './picture-area.ts';

interface Size {
  widthPx: number;
  heightPx: number;
}

/** Of the longer side: a preview is looked at for a second, and there are many. */
const SIDE_MAX_PX = 128;

/** A painter for denoise, for the drawings of one window. */
export function createCanvasPainter(
  { model, settings }: Studio,
  canvases: readonly PixelImage[],
  area: Area,
  drawSize: Size,
): (denoised: Float32Array) => Preview {
  const [first] = canvases;
  if (first === undefined) throw new RangeError('there is no canvas');
  const cellPx = (model.vaeFactor * (area.right - area.left)) / drawSize.widthPx;
  const longest = Math.max(first.widthPx, first.heightPx);
  const scale = Math.min(1 / cellPx, SIDE_MAX_PX / longest);
  const toSmall = (px: number) => Math.round(px * scale);
  const size = {
    widthPx: Math.max(1, toSmall(first.widthPx)),
    heightPx: Math.max(1, toSmall(first.heightPx)),
  };
  const backdrops = canvases.map((canvas) =>
    resampleAsPillow(flatten(canvas), size.widthPx, size.heightPx),
  );
  const place = {
    left: toSmall(area.left),
    top: toSmall(area.top),
    right: Math.max(toSmall(area.left) + 1, toSmall(area.right)),
    bottom: Math.max(toSmall(area.top) + 1, toSmall(area.bottom)),
  };
  const shape = toLatentShape(model, drawSize, settings.count);
  return createPreviewPainter(model.previewMap, shape, { backdrops, place });
}

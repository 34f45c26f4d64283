/** The wider canvas of an outpainting: where the picture lies on it, and which part is new. Pure. */
import { GenerationError } from '#contract/generation-error.ts';
import { LIMITS } from '#contract/limits.ts';
import type { Outpaint } from '#contract/picture-editing.ts';
import type { PixelImage } from '../pixels.ts';
import { resampleAsPillow } from '../resample-picture.ts';
import type { DrawingModel, Size } from './choose-draw-size.ts';
import { createMask, type MaskPlane } from './mask-plane.ts';
import { extendEdges, type Area } from './picture-area.ts';

export interface PlacedPicture {
  /** The new part continues the picture's edges, as a start for the drawing. */
  canvas: PixelImage;
  mask: MaskPlane;
  /** Where the picture lies. */
  kept: Area;
  notes: string[];
}

/** Throws GenerationError `size-unsupported` when the canvas would be larger than LIMITS.canvasSidePxMax. */
export function placeOnCanvas(
  picture: PixelImage,
  outpaint: Outpaint,
  { vaeFactor }: Pick<DrawingModel, 'vaeFactor'>,
): PlacedPicture {
  const { size, kept } = toLayout(picture, outpaint, vaeFactor);
  refuseTooLarge(size);
  const shown = resampleAsPillow(picture, kept.right - kept.left, kept.bottom - kept.top);
  return {
    canvas: extendEdges(shown, kept, size),
    mask: createMask(
      size,
      (x, y) => x < kept.left || x >= kept.right || y < kept.top || y >= kept.bottom,
    ),
    kept,
    notes: [],
  };
}

function toLayout(picture: Size, outpaint: Outpaint, cellPx: number): { size: Size; kept: Area } {
  const { widthPx, heightPx } = picture;
  switch (outpaint.kind) {
    case 'zoom': {
      const width = Math.max(1, Math.round(widthPx / outpaint.factor));
      const height = Math.max(1, Math.round(heightPx / outpaint.factor));
      const left = Math.floor((widthPx - width) / 2);
      const top = Math.floor((heightPx - height) / 2);
      return { size: picture, kept: { left, top, right: left + width, bottom: top + height } };
    }
    case 'pan': {
      // Whole cells, so that the seam lies between what the model draws and what it is shown.
      const wanted = Math.min(widthPx, heightPx) * outpaint.amount;
      const grownPx = Math.max(1, Math.round(wanted / cellPx)) * cellPx;
      return grow(picture, { [`${SIDE_OF_DIRECTION[outpaint.direction]}Px`]: grownPx });
    }
    case 'borders':
      return grow(picture, outpaint);
  }
}

const SIDE_OF_DIRECTION = { left: 'left', right: 'right', up: 'top', down: 'bottom' } as const;

interface Borders {
  leftPx?: number;
  rightPx?: number;
  topPx?: number;
  bottomPx?: number;
}

function grow({ widthPx, heightPx }: Size, borders: Borders): { size: Size; kept: Area } {
  const { leftPx = 0, rightPx = 0, topPx = 0, bottomPx = 0 } = borders;
  return {
    size: { widthPx: widthPx + leftPx + rightPx, heightPx: heightPx + topPx + bottomPx },
    kept: { left: leftPx, top: topPx, right: leftPx + widthPx, bottom: topPx + heightPx },
  };
}

function refuseTooLarge({ widthPx, heightPx }: Size): void {
  const sideMax = LIMITS.canvasSidePxMax;
  if (Math.max(widthPx, heightPx) <= sideMax) return;
  throw new GenerationError(
    'size-unsupported',
    `The canvas would be ${widthPx}×${heightPx}, and ${sideMax} pixels a side is the limit; zoom out instead, or start from a smaller picture.`,
  );
}

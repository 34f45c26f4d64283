/** The mask of a request as pixels of the picture that it belongs to. Pure. */
import { GenerationError } from '#contract/generation-error.ts';
import type { Mask } from '#contract/picture-editing.ts';
import type { PixelImage } from '../pixels.ts';
import { countDrawn, createMask, type MaskPlane } from './mask-plane.ts';

interface Size {
  widthPx: number;
  heightPx: number;
}

const RATIO_TOLERANCE = 0.02;
/** From one half on a grey counts as white. */
const WHITE_MIN = 127.5;

/** `image` is the decoded one where the mask is an image. Throws GenerationError `mask-unusable`. */
export function resolveMask(mask: Mask, size: Size, image: PixelImage | undefined): MaskPlane {
  const plane = toPlane(mask, size, image);
  if (countDrawn(plane) > 0) return plane;
  throw unusable(
    mask.kind === 'image'
      ? 'The mask marks nothing, all of it is black or transparent; paint white what is to be drawn anew.'
      : 'The mask marks nothing; choose a larger part of the picture.',
  );
}

function toPlane(mask: Mask, size: Size, image: PixelImage | undefined): MaskPlane {
  switch (mask.kind) {
    case 'image':
      if (image === undefined) throw new RangeError('the mask is not decoded');
      return fromImage(image, size);
    case 'rectangle': {
      const [left, right] = [mask.left * size.widthPx, mask.right * size.widthPx];
      const [top, bottom] = [mask.top * size.heightPx, mask.bottom * size.heightPx];
      return createMask(
        size,
        (x, y) => x + 0.5 > left && x + 0.5 < right && y + 0.5 > top && y + 0.5 < bottom,
      );
    }
    case 'cells':
      return fromCells(mask, size);
  }
}

function fromCells({ columns, rows, cells }: Mask & { kind: 'cells' }, size: Size): MaskPlane {
  const outside = cells.find((cell) => cell >= columns * rows);
  if (outside !== undefined) {
    throw unusable(
      `The mask names cell ${outside}, but a grid of ${columns}×${rows} has cells 0 to ${columns * rows - 1}.`,
    );
  }
  const chosen = new Set(cells);
  return createMask(size, (x, y) => {
    const column = Math.floor((x * columns) / size.widthPx);
    const row = Math.floor((y * rows) / size.heightPx);
    return chosen.has(row * columns + column);
  });
}

function fromImage(image: PixelImage, size: Size): MaskPlane {
  const ratio = image.widthPx / image.heightPx / (size.widthPx / size.heightPx);
  if (Math.abs(ratio - 1) > RATIO_TOLERANCE) {
    throw unusable(
      `The mask is ${image.widthPx}×${image.heightPx} and the picture ${size.widthPx}×${size.heightPx}; ` +
        'send a mask of the same size, or at least of the same shape.',
    );
  }
  return createMask(size, (x, y) => {
    const sourceX = Math.floor(((x + 0.5) * image.widthPx) / size.widthPx);
    const sourceY = Math.floor(((y + 0.5) * image.heightPx) / size.heightPx);
    return whiteness(image, sourceY * image.widthPx + sourceX) >= WHITE_MIN;
  });
}

/** 0..255: luminance (Rec. 601) on black. */
function whiteness({ pixels, channels }: PixelImage, place: number): number {
  const [red = 0, green = 0, blue = 0] = pixels.subarray(place * channels, place * channels + 3);
  const alpha = channels === 4 ? (pixels[place * 4 + 3] ?? 0) / 255 : 1;
  return (0.299 * red + 0.587 * green + 0.114 * blue) * alpha;
}

function unusable(message: string): GenerationError {
  return new GenerationError('mask-unusable', message);
}

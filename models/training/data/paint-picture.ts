/** From a plan to pixels. */
import { paintBackground } from './backgrounds.ts';
import { tint, turnHue } from './colours.ts';
import type { PicturePlan, Placement, Recolour } from './picture-plan.ts';
import { createRandom } from './random.ts';

/** Side of a rendered icon and of a finished picture. */
export const SIDE_PX = 128;
export const ICON_BYTES = SIDE_PX * SIDE_PX * 4;

/** RGB bytes [128 × 128 × 3]. `readIcon` gives the RGBA bytes [128 × 128 × 4] of an icon. */
export function paintPicture(
  plan: PicturePlan,
  readIcon: (index: number) => Uint8Array,
): Uint8Array {
  const { background } = plan;
  const random = createRandom(background.kind === 'scene' ? background.seed : 0);
  const picture = paintBackground(background, SIDE_PX, random);
  for (const placement of plan.placements) {
    paintIcon(picture, recolour(readIcon(placement.iconIndex), placement.recolour), placement);
  }
  return picture;
}

function recolour(icon: Uint8Array, change: Recolour): Uint8Array {
  switch (change.kind) {
    case 'none':
      return icon;
    case 'turn':
      return turnHue(icon, change.degrees);
    case 'tint':
      return tint(icon, change.colour);
  }
}

/** The icon scaled by averaging what falls into each pixel, laid over the picture by its alpha. */
function paintIcon(picture: Uint8Array, icon: Uint8Array, placement: Placement): void {
  const sidePx = Math.round(placement.side * SIDE_PX);
  const left = Math.round(placement.centreX * SIDE_PX - sidePx / 2);
  const top = Math.round(placement.centreY * SIDE_PX - sidePx / 2);
  const scale = SIDE_PX / sidePx;
  // Red, green, blue times alpha, and alpha 0..1: one array for all pixels, since there are millions.
  const mean = new Float64Array(4);
  for (let y = Math.max(0, -top); y < Math.min(sidePx, SIDE_PX - top); y++) {
    for (let x = Math.max(0, -left); x < Math.min(sidePx, SIDE_PX - left); x++) {
      const column = placement.isMirrored ? sidePx - 1 - x : x;
      averageArea(icon, { left: column * scale, top: y * scale, side: scale }, mean);
      const at = ((top + y) * SIDE_PX + left + x) * 3;
      const rest = 1 - (mean[3] ?? 0);
      picture[at] = Math.round((picture[at] ?? 0) * rest + (mean[0] ?? 0));
      picture[at + 1] = Math.round((picture[at + 1] ?? 0) * rest + (mean[1] ?? 0));
      picture[at + 2] = Math.round((picture[at + 2] ?? 0) * rest + (mean[2] ?? 0));
    }
  }
}

/** Mean of a square of the icon into `mean`; pixels on its edge count by their share. */
function averageArea(
  icon: Uint8Array,
  square: { left: number; top: number; side: number },
  mean: Float64Array,
): void {
  const { left, top } = square;
  const right = Math.min(SIDE_PX, left + square.side);
  const bottom = Math.min(SIDE_PX, top + square.side);
  let [red, green, blue, opacity] = [0, 0, 0, 0];
  for (let y = Math.floor(top); y < bottom; y++) {
    const height = Math.min(y + 1, bottom) - Math.max(y, top);
    for (let x = Math.floor(left); x < right; x++) {
      const at = (y * SIDE_PX + x) * 4;
      const width = Math.min(x + 1, right) - Math.max(x, left);
      const alpha = ((icon[at + 3] ?? 0) / 255) * height * width;
      red += (icon[at] ?? 0) * alpha;
      green += (icon[at + 1] ?? 0) * alpha;
      blue += (icon[at + 2] ?? 0) * alpha;
      opacity += alpha;
    }
  }
  const area = (right - left) * (bottom - top);
  mean[0] = red / area;
  mean[1] = green / area;
  mean[2] = blue / area;
  mean[3] = opacity / area;
}

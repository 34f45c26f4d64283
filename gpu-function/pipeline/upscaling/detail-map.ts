/** Where a picture has something to see: a creative enlargement draws there, and leaves plain ground alone. Pure. */
import { boundsOf, createMask, fadeOutwards } from '../editing/mask-plane.ts';
import type { PixelImage } from '../pixels.ts';

/** How far around a pixel an edge counts, half a latent cell of most models. */
const REACH_PX = 4;
/** Of 255: less between two pixels that are near each other is shading or the enlarger's ripple. */
const CONTRAST_MIN = 24;
const FADE_PX = 6;

/** Opacity of what is drawn over, one value in 0..1 a pixel; undefined for a picture that is plain all over. */
export function mapDetail(picture: PixelImage): Float32Array | undefined {
  const contrast = localContrast(picture);
  const mask = createMask(
    picture,
    (x, y) => (contrast[y * picture.widthPx + x] ?? 0) >= CONTRAST_MIN,
  );
  return boundsOf(mask) === undefined ? undefined : fadeOutwards(mask, FADE_PX);
}

/** Of 255, the largest of the channels: brightest less darkest pixel in the square around each one. */
function localContrast(picture: PixelImage): Uint8Array {
  const places = picture.widthPx * picture.heightPx;
  const contrast = new Uint8Array(places);
  for (let channel = 0; channel < picture.channels; channel++) {
    const plane = Uint8Array.from(
      { length: places },
      (_, place) => picture.pixels[place * picture.channels + channel] ?? 0,
    );
    const most = spread(plane, picture, Math.max);
    const least = spread(plane, picture, Math.min);
    for (let place = 0; place < places; place++) {
      const range = (most[place] ?? 0) - (least[place] ?? 0);
      contrast[place] = Math.max(contrast[place] ?? 0, range);
    }
  }
  return contrast;
}

/** Each value becomes the largest or smallest in the square around it: rows first, then columns. */
function spread(
  plane: Uint8Array,
  { widthPx, heightPx }: Pick<PixelImage, 'widthPx' | 'heightPx'>,
  choose: (a: number, b: number) => number,
): Uint8Array {
  const along = (from: Uint8Array, [stride, length]: readonly [number, number]) =>
    from.map((value, place) => {
      const at = Math.floor(place / stride) % length;
      let chosen = value;
      for (let step = -Math.min(REACH_PX, at); step <= REACH_PX && at + step < length; step++) {
        chosen = choose(chosen, from[place + step * stride] ?? value);
      }
      return chosen;
    });
  return along(along(plane, [1, widthPx]), [widthPx, heightPx]);
}

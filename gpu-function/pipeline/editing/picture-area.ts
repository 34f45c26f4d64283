/** Rectangles of pictures: cut out, put back, made opaque, made larger by their own edges. Pure. */
import type { PixelImage } from '../pixels.ts';
import { resampleAsPillow } from '../resample-picture.ts';

/** In pixels; `right` and `bottom` are the first ones outside. */
export interface Area {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

export const widthOf = ({ left, right }: Area): number => right - left;
export const heightOf = ({ top, bottom }: Area): number => bottom - top;

export function wholeOf({ widthPx, heightPx }: { widthPx: number; heightPx: number }): Area {
  return { left: 0, top: 0, right: widthPx, bottom: heightPx };
}

export function isWhole(area: Area, size: { widthPx: number; heightPx: number }): boolean {
  return widthOf(area) === size.widthPx && heightOf(area) === size.heightPx;
}

export function cutOut(image: PixelImage, area: Area): PixelImage {
  const { channels } = image;
  const [widthPx, heightPx] = [widthOf(area), heightOf(area)];
  const pixels = new Uint8Array(widthPx * heightPx * channels);
  for (let y = 0; y < heightPx; y++) {
    const from = ((area.top + y) * image.widthPx + area.left) * channels;
    const row = image.pixels.subarray(from, from + widthPx * channels);
    pixels.set(row, y * widthPx * channels);
  }
  return { pixels, widthPx, heightPx, channels };
}

/**
 * A copy of `canvas` with a picture laid over `area`, which has the picture's size. `opacity` has one value in 0..1 for
 * each pixel of the area: where it is 0 the canvas keeps its very bytes.
 */
export function layOver(
  canvas: PixelImage,
  picture: PixelImage,
  area: Area,
  opacity: Float32Array,
): PixelImage {
  const pixels = Uint8ClampedArray.from(canvas.pixels);
  for (let y = area.top; y < area.bottom; y++) {
    for (let x = area.left; x < area.right; x++) {
      const place = (y - area.top) * picture.widthPx + (x - area.left);
      const share = opacity[place] ?? 0;
      if (share === 0) continue;
      const from = place * picture.channels;
      const to = (y * canvas.widthPx + x) * canvas.channels;
      for (let channel = 0; channel < 3; channel++) {
        const below = canvas.pixels[to + channel] ?? 0;
        pixels[to + channel] = below + share * ((picture.pixels[from + channel] ?? 0) - below);
      }
      if (canvas.channels === 4) {
        const alpha = canvas.pixels[to + 3] ?? 0;
        pixels[to + 3] = alpha + share * (255 - alpha);
      }
    }
  }
  return { ...canvas, pixels };
}

/** RGB on white: what the networks are shown of a picture with transparency. */
export function flatten(image: PixelImage): PixelImage {
  return onGround(image, 255);
}

/** RGB on a grey of one level. */
export function onGround(picture: PixelImage, level: number): PixelImage {
  if (picture.channels === 3) return picture;
  const places = picture.widthPx * picture.heightPx;
  const pixels = new Uint8ClampedArray(places * 3);
  for (let place = 0; place < places; place++) {
    const alpha = (picture.pixels[place * 4 + 3] ?? 0) / 255;
    for (let channel = 0; channel < 3; channel++) {
      const colour = picture.pixels[place * 4 + channel] ?? 0;
      pixels[place * 3 + channel] = level + alpha * (colour - level);
    }
  }
  return { ...picture, pixels, channels: 3 };
}

/**
 * A canvas of the size with the picture at `kept`; what is outside repeats the picture's nearest edge pixel, so that sky
 * goes on as sky and ground as ground: a start from which a model continues the scene.
 */
export function extendEdges(
  picture: PixelImage,
  kept: Area,
  size: { widthPx: number; heightPx: number },
): PixelImage {
  const { channels } = picture;
  const pixels = new Uint8Array(size.widthPx * size.heightPx * channels);
  for (let y = 0; y < size.heightPx; y++) {
    const sourceY = clamp(y - kept.top, picture.heightPx);
    for (let x = 0; x < size.widthPx; x++) {
      const from = (sourceY * picture.widthPx + clamp(x - kept.left, picture.widthPx)) * channels;
      const to = (y * size.widthPx + x) * channels;
      for (let channel = 0; channel < channels; channel++) {
        pixels[to + channel] = picture.pixels[from + channel] ?? 0;
      }
    }
  }
  return { pixels, widthPx: size.widthPx, heightPx: size.heightPx, channels };
}

function clamp(value: number, length: number): number {
  return Math.min(length - 1, Math.max(0, value));
}

/** The middle of the picture in the shape of the size, at that size: nothing is stretched, margins are cut off. */
export function fitToShape(
  picture: PixelImage,
  size: { widthPx: number; heightPx: number },
): PixelImage {
  const scale = Math.min(picture.widthPx / size.widthPx, picture.heightPx / size.heightPx);
  const widthPx = Math.min(picture.widthPx, Math.max(1, Math.round(size.widthPx * scale)));
  const heightPx = Math.min(picture.heightPx, Math.max(1, Math.round(size.heightPx * scale)));
  const left = Math.floor((picture.widthPx - widthPx) / 2);
  const top = Math.floor((picture.heightPx - heightPx) / 2);
  const area = { left, top, right: left + widthPx, bottom: top + heightPx };
  const middle = isWhole(area, picture) ? picture : cutOut(picture, area);
  return resampleAsPillow(middle, size.widthPx, size.heightPx);
}

/**
 * Transparency through a network that knows none: the picture is enlarged on black and on white, and what the two differ
 * by is the transparency, as sharp as the colours and without a halo of either ground.
 */
import type { PixelImage } from '../pixels.ts';

/** RGBA from the same picture on black and on white. */
export function joinGrounds(onBlack: PixelImage, onWhite: PixelImage): PixelImage {
  const places = onBlack.widthPx * onBlack.heightPx;
  const pixels = new Uint8ClampedArray(places * 4);
  for (let place = 0; place < places; place++) {
    let difference = 0;
    for (let channel = 0; channel < 3; channel++) {
      const at = place * 3 + channel;
      difference += (onWhite.pixels[at] ?? 0) - (onBlack.pixels[at] ?? 0);
    }
    const alpha = Math.min(1, Math.max(0, 1 - difference / 3 / 255));
    pixels[place * 4 + 3] = alpha * 255;
    for (let channel = 0; channel < 3; channel++) {
      const black = onBlack.pixels[place * 3 + channel] ?? 0;
      pixels[place * 4 + channel] = alpha === 0 ? 0 : black / alpha;
    }
  }
  return { ...onBlack, pixels, channels: 4 };
}

export function isOpaque({ pixels, channels }: PixelImage): boolean {
  if (channels === 3) return true;
  for (let at = 3; at < pixels.length; at += 4) if (pixels[at] !== 255) return false;
  return true;
}

/** The colours of one picture with the transparency of another of its size. */
export function withAlphaOf(colours: PixelImage, { pixels, channels }: PixelImage): PixelImage {
  if (channels === 3 || colours.channels === 3) return colours;
  const joined = Uint8ClampedArray.from(colours.pixels);
  for (let at = 3; at < joined.length; at += 4) joined[at] = pixels[at] ?? 255;
  return { ...colours, pixels: joined };
}

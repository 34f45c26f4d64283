/** Between the networks' numbers (planar, -1..1) and picture files' (RGB bytes, interleaved). Pure. */
import type { Tensor } from './ports.ts';

/** 8-bit colour, row by row, `channels` bytes a pixel (RGB, or RGBA for pictures from outside). */
export interface PixelImage {
  pixels: Uint8Array | Uint8ClampedArray;
  widthPx: number;
  heightPx: number;
  channels: 3 | 4;
}

/**
 * The first picture of a decoder's output [batch, 3, height, width] in -1..1. Every operation is rounded to float32 and
 * the bytes half to even, as in diffusers' VaeImageProcessor: the same tensor gives the same bytes.
 */
export function toPixels(tensor: Tensor): PixelImage {
  const [, , heightPx = 0, widthPx = 0] = tensor.shape;
  const { data } = tensor;
  const plane = heightPx * widthPx;
  // A clamped array does both the clamping to 0..255 and the rounding half to even.
  const pixels = new Uint8ClampedArray(plane * 3);
  for (let at = 0; at < plane; at++) {
    pixels[at * 3] = toByte(data[at] ?? 0);
    pixels[at * 3 + 1] = toByte(data[plane + at] ?? 0);
    pixels[at * 3 + 2] = toByte(data[2 * plane + at] ?? 0);
  }
  return { pixels, widthPx, heightPx, channels: 3 };
}

function toByte(value: number): number {
  return Math.fround(Math.fround(Math.fround(value / 2) + 0.5) * 255);
}

/** A picture as an encoder's input [1, 3, height, width] in -1..1; an alpha channel is left out. */
export function toTensor(image: PixelImage): Tensor {
  const { pixels, widthPx, heightPx, channels } = image;
  const plane = widthPx * heightPx;
  const data = new Float32Array(plane * 3);
  for (let at = 0; at < plane; at++) {
    for (let channel = 0; channel < 3; channel++) {
      const unit = Math.fround((pixels[at * channels + channel] ?? 0) / 255);
      data[channel * plane + at] = Math.fround(2 * unit) - 1;
    }
  }
  return { data, shape: [1, 3, heightPx, widthPx] };
}

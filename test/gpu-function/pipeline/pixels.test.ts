/** Numbers to colours and back, value by value as the reference does it. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toPixels, toTensor } from '../../../gpu-function/pipeline/pixels.ts';
import { isFiniteData } from '../../../gpu-function/sampling/finite-data.ts';

function pixelOf(value: number): number {
  const data = new Float32Array(3).fill(value);
  return toPixels({ data, shape: [1, 3, 1, 1] }).pixels[0] ?? Number.NaN;
}

describe('a decoded picture', () => {
  test('maps -1..1 to 0..255 and clamps the rest', () => {
    expect([-3, -1, 1, 1.001, 40].map(pixelOf)).toEqual([0, 0, 255, 255, 255]);
  });

  test('rounds halves to even, as NumPy does', () => {
    // x/2 + 0.5 = 0.5 and 25.5/51 are exact: 127.5 goes up to 128; 0.5/255 and 2.5/255 go down and to 2.
    expect(pixelOf(0)).toBe(128);
    const half = (byte: number) => Math.fround(Math.fround((byte + 0.5) / 255) * 2 - 1);
    const isExact = (byte: number) =>
      Math.fround(Math.fround(half(byte) / 2 + 0.5) * 255) === byte + 0.5;
    const exact = Array.from({ length: 255 }, (_, byte) => byte).filter(isExact);
    expect(exact.length).toBeGreaterThan(40);
    for (const byte of exact) expect(pixelOf(half(byte))).toBe(byte + (byte % 2));
  });

  test('interleaves the planes and takes the sides from the shape', () => {
    const data = Float32Array.of(-1, 1, -1, -1, -1, 1);
    const image = toPixels({ data, shape: [1, 3, 1, 2] });
    expect(image).toMatchObject({ widthPx: 2, heightPx: 1, channels: 3 });
    expect([...image.pixels]).toEqual([0, 0, 0, 255, 0, 255]);
  });

  test('every byte survives the way into a network and back', () => {
    const pixels = Uint8Array.from({ length: 256 * 3 }, (_, at) => Math.floor(at / 3));
    const image = { pixels, widthPx: 16, heightPx: 16, channels: 3 } as const;
    expect([...toPixels(toTensor(image)).pixels]).toEqual([...pixels]);
    const withAlpha = { pixels: Uint8Array.of(0, 255, 51, 7), widthPx: 1, heightPx: 1 };
    expect([...toTensor({ ...withAlpha, channels: 4 }).data]).toEqual([
      -1,
      1,
      expect.closeTo(-0.6, 6),
    ]);
  });
});

test('one NaN or infinity among any numbers is found', () => {
  fc.assert(
    fc.property(fc.float32Array({ noNaN: true, noDefaultInfinity: true }), fc.nat(), (data, at) => {
      expect(isFiniteData(data)).toBe(true);
      if (data.length === 0) return;
      for (const bad of [Number.NaN, Infinity, -Infinity]) {
        expect(isFiniteData(data.with(at % data.length, bad))).toBe(false);
      }
    }),
  );
});

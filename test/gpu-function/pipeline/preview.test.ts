/** The sheet that people see sharpening: right colours at the right places, a valid PNG, made in no time. */
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { createPreviewPainter } from '../../../gpu-function/pipeline/preview.ts';

const MAP = {
  factors: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 0.5],
    [0, 0, 0],
  ],
  bias: [0, 0, -0.5],
} as const;

/** Latents [count, 4, side, side] where every picture has one colour. */
function toLatents(colours: readonly (readonly number[])[], cells: number): Float32Array {
  return Float32Array.from(
    colours.flatMap((channels) =>
      channels.flatMap((value) => Array.from({ length: cells }, () => value)),
    ),
  );
}

async function decode(base64: string) {
  const { data, info } = await sharp(Buffer.from(base64, 'base64'))
    .raw()
    .toBuffer({ resolveWithObject: true });
  const at = (x: number, y: number) => [...data.subarray((y * info.width + x) * 3).subarray(0, 3)];
  return { at, width: info.width, height: info.height, channels: info.channels };
}

describe('the sheet', () => {
  test('has all pictures in rows of two, coloured by the linear map', async () => {
    const paint = createPreviewPainter(MAP, [4, 4, 2, 3]);
    const colours = [
      [1, -1, -1, 9],
      [-1, 1, -1, 9],
      [-1, -1, 3, 9],
      [40, 40, 40, 9],
    ];
    const preview = paint(toLatents(colours, 6));
    expect(preview).toMatchObject({ widthPx: 6, heightPx: 4, columns: 2, mediaType: 'image/png' });
    const sheet = await decode(preview.base64);
    expect(sheet).toMatchObject({ width: 6, height: 4, channels: 3 });
    expect([sheet.at(0, 0), sheet.at(2, 1)]).toEqual([
      [255, 0, 0],
      [255, 0, 0],
    ]);
    expect(sheet.at(3, 0)).toEqual([0, 255, 0]);
    expect(sheet.at(0, 2)).toEqual([0, 0, 255]);
    expect(sheet.at(5, 3)).toEqual([255, 255, 255]);
  });

  test('of one picture has one column; of three a quiet last place', async () => {
    expect(createPreviewPainter(MAP, [1, 4, 2, 2])(toLatents([[0, 0, 0, 0]], 4))).toMatchObject({
      widthPx: 2,
      heightPx: 2,
      columns: 1,
    });
    const black = [-1, -1, -1, 0];
    const three = createPreviewPainter(MAP, [3, 4, 1, 1])(toLatents([black, black, black], 1));
    const sheet = await decode(three.base64);
    expect([sheet.at(0, 0), sheet.at(0, 1), sheet.at(1, 1)]).toEqual([
      [0, 0, 0],
      [0, 0, 0],
      [128, 128, 128],
    ]);
  });

  test('rows and columns of a picture stand where the latents have them', async () => {
    const latents = new Float32Array(4 * 6).fill(-1);
    latents[1 * 3 + 2] = 1;
    const sheet = await decode(createPreviewPainter(MAP, [1, 4, 2, 3])(latents).base64);
    expect(sheet.at(2, 1)[0]).toBe(255);
    expect([sheet.at(2, 0)[0], sheet.at(1, 1)[0]]).toEqual([0, 0]);
  });

  test('is made anew at each step and leaves earlier ones alone', () => {
    const paint = createPreviewPainter(MAP, [1, 4, 1, 1]);
    const first = paint(Float32Array.of(1, 1, 1, 0));
    const second = paint(Float32Array.of(-1, -1, -1, 0));
    expect(second.base64).not.toBe(first.base64);
    expect(paint(Float32Array.of(1, 1, 1, 0))).toEqual(first);
  });
});

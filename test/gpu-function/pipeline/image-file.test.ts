/** Picture files in and out: exact, deterministic, and closed to what is no picture. */
import { crc32 } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { LIMITS } from '#contract/limits.ts';
import { readPngTexts } from '#contract/png-text.ts';
import {
  decodeImageFile,
  encodePng,
  resampleLanczos,
} from '../../../gpu-function/pipeline/image-file.ts';
import type { PixelImage } from '../../../gpu-function/pipeline/pixels.ts';

const PICTURE: PixelImage = {
  pixels: Uint8Array.from({ length: 5 * 4 * 3 }, (_, at) => (at * 37) % 256),
  widthPx: 5,
  heightPx: 4,
  channels: 3,
};
const TEXTS = new Map([['parameters', 'a red apple\nSteps: 1, Seed: 2, Size: 5x4']]);

const flat = (channels: 3 | 4, width = 6, height = 3) =>
  sharp({
    create: { width, height, channels, background: { r: 200, g: 40, b: 90, alpha: 0.5 } },
  });

/** A PNG of a few bytes that says it is 50,000 pixels wide and high. */
async function makeBomb(): Promise<Buffer> {
  const file = Buffer.from(await flat(3).png().toBuffer());
  file.writeUInt32BE(50_000, 16);
  file.writeUInt32BE(50_000, 20);
  file.writeUInt32BE(crc32(file.subarray(12, 29)), 29);
  return file;
}

/** Name, file, and a part of the sentence that refuses it. */
const REFUSED: readonly (readonly [string, Buffer, string])[] = [
  [
    'nothing',
    Buffer.alloc(0),
    'no picture that can be read; send a PNG, JPEG, WebP, GIF or AVIF file.',
  ],
  ['text', Buffer.from('hello'), 'no picture that can be read'],
  ['a vector', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), 'no picture'],
  [
    'a vector that wants another file',
    Buffer.from(
      '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>',
    ),
    'no picture',
  ],
  ['a page named .png', Buffer.from('<!doctype html><img src="x.png">'), 'no picture'],
  ['a TIFF', await flat(3).tiff().toBuffer(), 'no picture'],
  ['a HEIC', Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'latin1'), 'no picture'],
  ['a cut PNG', (await flat(3, 90, 90).png().toBuffer()).subarray(0, 90), 'damaged'],
  ['a cut JPEG', (await flat(3, 90, 90).jpeg().toBuffer()).subarray(0, 200), 'damaged'],
  ['a PNG in name only', Buffer.from('\x89PNG\r\n\x1a\nhello', 'latin1'), 'damaged'],
  [
    'too many bytes',
    Buffer.alloc(LIMITS.imageBytes + 1),
    `16777217 bytes; send one of at most ${LIMITS.imageBytes}.`,
  ],
  [
    'too many pixels',
    await flat(3, 9000, 8000).png({ compressionLevel: 9 }).toBuffer(),
    'too many pixels; send one of at most 64 million.',
  ],
  [
    'a very long picture',
    await flat(3, 20_000, 2).png().toBuffer(),
    'The picture is 20000×2; send one of at most 16384 pixels a side.',
  ],
  ['a bomb', await makeBomb(), 'too many pixels'],
];

describe('a PNG file', () => {
  test('gives back its pixels and texts exactly, and is the same file each time', async () => {
    const file = await encodePng(PICTURE, TEXTS);
    const decoded = await decodeImageFile(file);
    expect(decoded.image).toEqual({ ...PICTURE, pixels: Buffer.from(PICTURE.pixels) });
    expect(decoded.texts).toEqual(TEXTS);
    const again = await Promise.all([encodePng(PICTURE, TEXTS), encodePng(PICTURE, TEXTS)]);
    expect(again).toEqual([file, file]);
  });

  test('holds nothing but the picture and the texts given', async () => {
    const file = await encodePng(PICTURE, TEXTS);
    expect(readPngTexts(file)).toEqual(TEXTS);
    expect(file.toString('latin1').match(/tIME|eXIf|iCCP|iTXt|tEXt/g)).toEqual(['tEXt']);
  });
});

describe('pictures from outside', () => {
  test.each(['jpeg', 'webp', 'gif', 'avif'] as const)(
    '%s is read, without texts',
    async (format) => {
      const { image, texts } = await decodeImageFile(await flat(3).toFormat(format).toBuffer());
      expect(image).toMatchObject({ widthPx: 6, heightPx: 3 });
      expect(Math.abs((image.pixels[0] ?? 0) - 200)).toBeLessThan(9);
      expect(texts.size).toBe(0);
    },
  );

  test('transparency stays, grey and 16 bits become 8-bit colour, a turned photograph is upright', async () => {
    const transparent = await decodeImageFile(await flat(4).png().toBuffer());
    expect(transparent.image.channels).toBe(4);
    expect([...transparent.image.pixels.subarray(0, 4)]).toEqual([200, 40, 90, 128]);
    const grey = await flat(3).toColourspace('b-w').png().toBuffer();
    expect((await decodeImageFile(grey)).image.channels).toBe(3);
    const deep = await flat(3).toColourspace('rgb16').png().toBuffer();
    expect([...(await decodeImageFile(deep)).image.pixels.subarray(0, 3)]).toEqual([200, 40, 90]);
    const turned = await flat(3).withMetadata({ orientation: 6 }).jpeg().toBuffer();
    expect((await decodeImageFile(turned)).image).toMatchObject({ widthPx: 3, heightPx: 6 });
  });

  test('of an animation the first picture is taken, inks become colours, one pixel is a picture', async () => {
    const frames = await Promise.all([flat(3).png().toBuffer(), flat(3).negate().png().toBuffer()]);
    const moving = await sharp(frames, { join: { animated: true } })
      .gif()
      .toBuffer();
    const { image } = await decodeImageFile(moving);
    expect(image).toMatchObject({ widthPx: 6, heightPx: 3 });
    expect(Math.abs((image.pixels[0] ?? 0) - 200)).toBeLessThan(12);
    const inks = await flat(3).toColourspace('cmyk').jpeg().toBuffer();
    expect((await decodeImageFile(inks)).image.channels).toBe(3);
    const dot = await decodeImageFile(await flat(3, 1, 1).png().toBuffer());
    expect(dot.image).toMatchObject({ widthPx: 1, heightPx: 1 });
  });

  test.each(REFUSED)('%s is refused in one sentence', async (_, file, sentence) => {
    await expect(decodeImageFile(file)).rejects.toMatchObject({
      code: 'image-unreadable',
      message: expect.stringContaining(sentence),
      isRetryable: false,
    });
  });
});

test('resampling keeps flat colours and the mean of a picture', async () => {
  const large = await resampleLanczos(PICTURE, 20, 16);
  expect(large).toMatchObject({ widthPx: 20, heightPx: 16, channels: 3 });
  const mean = ({ pixels }: PixelImage) =>
    [...pixels].reduce((sum, value) => sum + value, 0) / pixels.length;
  expect(Math.abs(mean(large) - mean(PICTURE))).toBeLessThan(6);
  const grey = { ...PICTURE, pixels: new Uint8Array(60).fill(77) };
  expect(new Set((await resampleLanczos(grey, 10, 8)).pixels)).toEqual(new Set([77]));
});

/** Files that cannot be drawn from are refused when they are attached, not by a job that fails later. */
import { expect, test } from 'vitest';
import { makeBot } from '../../fakes/make-bot.ts';
import { ADA } from '../../fakes/test-bot.ts';

const asker = { user: ADA, place: { platform: 'web', channelId: 'c' } } as const;
const fromHex = (hex: string) => Buffer.from(hex, 'hex');

test.each([
  [
    'a PNG',
    fromHex('89504e470d0a1a0a0000000d4948445200004e2000004e20'),
    'has too many pixels; send one of at most 64 million.',
  ],
  [
    'a JPEG',
    fromHex('ffd8ffe000040000ffc0001108752f752f03'),
    'has too many pixels; send one of at most 64 million.',
  ],
  [
    'a wide JPEG',
    fromHex('ffd8ffe000040000ffc000110800107fff03'),
    'is 32767×16; send one of at most 16384 pixels a side.',
  ],
  ['a dot', fromHex('474946383961010001008000'), 'is 1×1; send one of at least 16 pixels a side.'],
])('%s of a size that cannot be drawn from is refused at once', async (_name, bytes, sentence) => {
  const bot = makeBot();
  const attachment = { role: 'image', name: 'x', mediaType: 'image/png', bytes } as const;
  expect(await bot.service.keep(attachment, asker)).toEqual({
    kind: 'refused',
    message: `The picture ${sentence}`,
  });
});

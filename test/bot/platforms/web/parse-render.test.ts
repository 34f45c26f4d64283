/** Lines of chat into commands, prompts into file names, files into an archive. */
import { crc32 } from 'node:zlib';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { WEB_LIMITS } from '../../../../bot/platforms/web/limits.ts';
import { parseChatLine, pictureAddressSchema } from '../../../../bot/platforms/web/parse.ts';
import { toFileStem, toWebCard } from '../../../../bot/platforms/web/render.ts';
import type { Card } from '../../../../bot/core/card.ts';
import type { JobRecord } from '../../../../bot/core/ports.ts';
import { toZipArchive } from '../../../../bot/platforms/web/zip-archive.ts';

test.each([
  ['/imagine a red apple', { kind: 'command', name: 'imagine', text: 'a red apple' }],
  ['  /IMAGINE\na cat\non a mat ', { kind: 'command', name: 'imagine', text: 'a cat\non a mat' }],
  ['/imagine', { kind: 'command', name: 'imagine', text: '' }],
  ['/help', { kind: 'command', name: 'help', text: '' }],
  ['/models please', { kind: 'command', name: 'models', text: 'please' }],
])('%j is understood', (line, expected) => {
  expect(parseChatLine(line)).toEqual(expected);
});

test.each([
  ['', 'Type what to draw, such as /imagine a red apple.'],
  ['a red apple', 'Messages here are commands: put /imagine in front of what you want to see.'],
  [
    '/paint x',
    'There is no command /paint; there are /imagine, /animate, /queue, /history, /show, /settings, /policy, /models, /help, /info.',
  ],
])('%j is refused with what to do', (line, message) => {
  expect(parseChatLine(line)).toEqual({ kind: 'refused', message });
});

test.each([
  ['A red apple, on snow!', 'a-red-apple-on-snow'],
  ['赤いリンゴ', '赤いリンゴ'],
  ['🍎🍎', 'picture'],
  ['../../etc/passwd', 'etc-passwd'],
])('%s is saved as %s', (prompt, stem) => {
  expect(toFileStem(prompt)).toBe(stem);
});

/** Code points without rhyme or reason, unpaired surrogates among them. */
const anyText = fc
  .array(fc.integer({ min: 0, max: 0x10ffff }), { maxLength: 300 })
  .map((codePoints) => String.fromCodePoint(...codePoints));

test('whatever the prompt, the name is short, and the server takes it back', () => {
  fc.assert(
    fc.property(anyText, (prompt) => {
      const stem = toFileStem(prompt);
      expect(stem.length).toBeLessThanOrEqual(WEB_LIMITS.downloadNameCharacters);
      const address = { jobId: 'a', index: '0', name: `${stem}-4294967295` };
      expect(pictureAddressSchema.safeParse(address).success).toBe(true);
    }),
  );
});

/** Reads an archive by its directory, as programs do. */
function readArchive(archive: Buffer): { name: string; bytes: Buffer }[] {
  const end = archive.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]));
  const files: { name: string; bytes: Buffer }[] = [];
  let entry = archive.readUInt32LE(end + 16);
  for (let count = archive.readUInt16LE(end + 10); count > 0; count -= 1) {
    const [checksum, sizeBytes] = [
      archive.readUInt32LE(entry + 16),
      archive.readUInt32LE(entry + 24),
    ];
    const nameEnd = entry + 46 + archive.readUInt16LE(entry + 28);
    const local = archive.readUInt32LE(entry + 42);
    const start = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
    const bytes = archive.subarray(start, start + sizeBytes);
    if (crc32(bytes) !== checksum) throw new Error('The checksum is wrong.');
    files.push({ name: archive.toString('utf8', entry + 46, nameEnd), bytes });
    entry = nameEnd;
  }
  return files;
}

test('an archive gives back what was put in', () => {
  const files = [
    { name: 'äpfel-1.png', bytes: Buffer.from('first') },
    { name: 'b-2.png', bytes: Buffer.alloc(70_000, 'x') },
  ];
  expect(readArchive(Buffer.from(toZipArchive(files)))).toEqual(files);
});

test('an upscale is named after its prompt alone, never after the flags of its command', () => {
  const record: JobRecord = {
    id: 'web-2',
    request: { kind: 'upscale', image: { kind: 'inline', base64: 'AAAA' }, factor: 2 },
    command: 'a house at night --no text, people --seed 4',
    user: { id: 'local', name: 'You' },
    place: { platform: 'web', channelId: 'imagine' },
    lineage: { jobId: 'web-1', index: 1, action: 'upscale' },
    createdAtMs: 0,
    updatedAtMs: 0,
    state: { status: 'queued' },
  };
  const size = { widthPx: 256, heightPx: 256 };
  const image = { jobId: 'web-2', index: 0, ...size, altText: '', mediaType: 'image/png' };
  const card = {
    jobId: 'web-2',
    title: 'Upscale of picture 2',
    images: [image],
  } as unknown as Card;
  const shown = toWebCard(record, card);
  expect(shown.lineage?.prompt).toBe('a house at night');
  expect(shown.images[0]?.downloadName).toBe('a-house-at-night-upscaled.png');
});

/** PNG texts: what is written is read back, other programs still read the file, and hostile files do no harm. */
import { deflateSync } from 'node:zlib';
import * as fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import {
  insertPngTexts,
  isPng,
  readPngTexts,
  toPngChunk,
  toPngFile,
  XMP_KEYWORD,
} from '#contract/png-text.ts';

const PICTURE = await sharp({
  create: { width: 3, height: 2, channels: 3, background: '#c81e1e' },
})
  .png()
  .toBuffer();

const keyword = fc.stringMatching(/^[!-~](?:[ -~]{0,77}[!-~])?$/);
const texts = fc
  .uniqueArray(fc.tuple(keyword, fc.string({ unit: 'grapheme' })), { selector: ([key]) => key })
  .map((entries) => new Map(entries));

/** A file whose only text chunk is the given one. */
function withChunk(type: string, data: Uint8Array): Buffer {
  return Buffer.concat([PICTURE.subarray(0, 33), toPngChunk(type, data), PICTURE.subarray(33)]);
}

describe('writing and reading', () => {
  test('any text comes back as it was, in its order', () => {
    fc.assert(
      fc.property(texts, (written) => {
        const read = readPngTexts(insertPngTexts(PICTURE, written));
        expect([...read]).toEqual(
          [...written].map(([key, text]) => [key, text.replaceAll('\0', '')]),
        );
      }),
    );
  });

  test('an independent decoder finds the same pixels and the same texts', async () => {
    const file = insertPngTexts(
      PICTURE,
      new Map([
        ['parameters', 'an apple,\n"quoted"'],
        ['imagine', '{"prompt":"りんご 🍎"}'],
      ]),
    );
    const [before, after] = await Promise.all(
      [PICTURE, file].map((png) => sharp(png).raw().toBuffer()),
    );
    expect(after).toEqual(before);
    const { comments } = await sharp(file).metadata();
    expect(comments).toContainEqual({ keyword: 'parameters', text: 'an apple,\n"quoted"' });
    expect(comments).toContainEqual({ keyword: 'imagine', text: '{"prompt":"りんご 🍎"}' });
  });

  test('Latin-1 goes into tEXt, the rest and XMP into iTXt, all before the picture data', () => {
    const file = insertPngTexts(
      PICTURE,
      new Map([
        ['a', 'plain é'],
        ['b', 'Ω'],
        [XMP_KEYWORD, '<x/>'],
      ]),
    ).toString('latin1');
    expect(file.match(/tEXt|iTXt|IDAT/g)).toEqual(['tEXt', 'iTXt', 'iTXt', 'IDAT']);
  });

  test('compressed texts of other programs are read', () => {
    const ztxt = Buffer.concat([Buffer.from('note\0\0', 'latin1'), deflateSync('caf\u00e9')]);
    expect(readPngTexts(withChunk('zTXt', ztxt)).get('note')).toBe('cafÃ©');
    const itxt = Buffer.concat([
      Buffer.from('note\0\x01\0de\0Notiz\0', 'latin1'),
      deflateSync(Buffer.from('Größe')),
    ]);
    expect(readPngTexts(withChunk('iTXt', itxt)).get('note')).toBe('Größe');
  });

  test('the first text of a keyword counts', () => {
    const twice = insertPngTexts(
      insertPngTexts(PICTURE, new Map([['a', 'second']])),
      new Map([['a', 'later']]),
    );
    expect(readPngTexts(twice).get('a')).toBe('second');
  });

  test('a file that is built from chunks is a PNG', () => {
    expect(isPng(toPngFile([]))).toBe(true);
    expect(isPng(Buffer.from('GIF89a'))).toBe(false);
  });
});

describe('hostile files', () => {
  test('arbitrary bytes have no texts and never throw', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(readPngTexts(bytes).size).toBe(0);
      }),
    );
  });

  test('a file that is cut or changed anywhere never throws', () => {
    const file = insertPngTexts(PICTURE, new Map([['parameters', 'a red apple']]));
    fc.assert(
      fc.property(fc.nat(file.length - 1), fc.nat(255), fc.boolean(), (at, byte, isCut) => {
        const broken = isCut ? file.subarray(0, at) : Buffer.from(file).fill(byte, at, at + 1);
        const text = readPngTexts(broken).get('parameters');
        expect([undefined, 'a red apple']).toContain(text);
      }),
    );
  });

  test('a corrupt text (wrong CRC) is passed over, the next one is read', () => {
    const file = insertPngTexts(
      PICTURE,
      new Map([
        ['a', 'one'],
        ['b', 'two'],
      ]),
    );
    file[file.indexOf('one')] = 0x4f;
    expect([...readPngTexts(file)]).toEqual([['b', 'two']]);
  });

  test('a text that inflates without end is passed over', () => {
    const bomb = deflateSync(Buffer.alloc(64 * 1024 * 1024));
    const chunk = Buffer.concat([Buffer.from('note\0\0', 'latin1'), bomb]);
    expect(readPngTexts(withChunk('zTXt', chunk)).size).toBe(0);
  });

  test('texts without end are read up to a bound', () => {
    const large = 'x'.repeat(900_000);
    const many = new Map(Array.from({ length: 8 }, (_, index) => [`text ${index}`, large]));
    expect(readPngTexts(insertPngTexts(PICTURE, many)).size).toBe(5);
    expect(
      readPngTexts(insertPngTexts(PICTURE, new Map([['a', 'x'.repeat(2_000_000)]]))).size,
    ).toBe(0);
  });

  test('odd chunks are no texts', () => {
    const odd = ['', '\0text', `${'k'.repeat(80)}\0text`, 'nothing after'];
    for (const data of odd) {
      for (const type of ['tEXt', 'zTXt', 'iTXt']) {
        expect(readPngTexts(withChunk(type, Buffer.from(data, 'latin1'))).size).toBe(0);
      }
    }
    expect(readPngTexts(withChunk('iTXt', Buffer.from('k\0\x02\0\0\0text', 'latin1'))).size).toBe(
      0,
    );
    expect(readPngTexts(withChunk('zTXt', Buffer.from('k\0\x01text', 'latin1'))).size).toBe(0);
    expect(readPngTexts(withChunk('zTXt', Buffer.from('k\0\0no zlib', 'latin1'))).size).toBe(0);
  });

  test('writing refuses what is no PNG and what is no keyword', () => {
    expect(() => insertPngTexts(Buffer.from('no'), new Map())).toThrow('Not a PNG');
    for (const bad of ['', ' a', 'ä', 'k'.repeat(80), 'a\0b']) {
      expect(() => insertPngTexts(PICTURE, new Map([[bad, '']]))).toThrow('keyword');
    }
  });
});

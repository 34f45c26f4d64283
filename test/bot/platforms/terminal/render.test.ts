/** What a person sees in a terminal while it draws. */
import { describe, expect, test } from 'vitest';
import sharp from 'sharp';
import type { Preview } from '#contract/job-event.ts';
import type { Card } from '../../../../bot/core/card.ts';
import { createTerminalPlatform } from '../../../../bot/platforms/terminal/adapter.ts';
import { decodePreview } from '../../../../bot/platforms/terminal/preview-pixels.ts';
import {
  detectPreviewMode,
  renderPreview,
  renderProgressLine,
} from '../../../../bot/platforms/terminal/render.ts';
import { toPng } from '../../../fakes/png-writer.ts';

const card: Card = {
  jobId: 'job-1',
  status: 'denoising',
  title: 'a red apple',
  userName: 'you',
  statusText: 'Drawing, step 12 of 20',
  progress: 0.6,
  readyAtMs: 13_000,
  images: [],
  notes: [],
  details: [],
  buttons: [],
  command: 'a red apple',
  createdAtMs: 0,
  isFinal: false,
};

test('the progress line has a bar, a percentage, words and the time left', () => {
  const line = renderProgressLine(card, 10_000, 120);
  expect(line).toBe('▐██████████████░░░░░░░░░░▌ 60 %  Drawing, step 12 of 20  about 3 s left');
});

test('the progress line never breaks into a second one', () => {
  expect(renderProgressLine(card, 10_000, 40).length).toBeLessThan(40);
});

describe('the preview suits the terminal', () => {
  test.each([
    [{ KITTY_WINDOW_ID: '1' }, 'kitty'],
    [{ TERM_PROGRAM: 'iTerm.app' }, 'iterm'],
    [{ COLORTERM: 'truecolor', TERM: 'xterm-256color' }, 'blocks'],
    [{ KITTY_WINDOW_ID: '1', TMUX: '/tmp/x', COLORTERM: 'truecolor' }, 'blocks'],
    [{ TERM: 'dumb', COLORTERM: 'truecolor' }, 'off'],
    [{ TERM: 'vt100' }, 'off'],
  ])('%j: %s', (environment, mode) => {
    expect(detectPreviewMode(environment, true)).toBe(mode);
  });
  test('none goes into a file or a pipe', () => {
    expect(detectPreviewMode({ COLORTERM: 'truecolor' }, false)).toBe('off');
  });
});

function toPreview(widthPx: number, heightPx: number, png: Uint8Array): Preview {
  const base64 = Buffer.from(png).toString('base64');
  return { mediaType: 'image/png', widthPx, heightPx, columns: 1, base64 };
}

test('blocks show the pixels of the preview, two above each other', () => {
  const rgb = Uint8Array.from([255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 9, 9]);
  const preview = toPreview(2, 2, toPng({ widthPx: 2, heightPx: 2, rgb }));
  const { text, lines } = renderPreview(preview, 'blocks');
  expect(lines).toBe(2);
  expect(text).toContain('38;2;255;0;0');
  expect(text).toContain('48;2;0;0;255');
});

test('every filter of PNG is understood', async () => {
  const rgb = Buffer.from(Array.from({ length: 16 * 12 * 3 }, (_, index) => (index * 37) % 251));
  const png = await sharp(rgb, { raw: { width: 16, height: 12, channels: 3 } })
    .png({ adaptiveFiltering: true, palette: false })
    .toBuffer();
  expect(Buffer.from(decodePreview(toPreview(16, 12, png))?.rgb ?? [])).toEqual(rgb);
});

test('a preview that is no PNG is left out', () => {
  const broken = toPreview(2, 2, Buffer.from('hello'));
  expect(renderPreview(broken, 'blocks')).toEqual({ text: '', lines: 0 });
});

describe('what is written', () => {
  const write = async (isTerminal: boolean, isQuiet: boolean) => {
    const written: string[] = [];
    const platform = createTerminalPlatform({
      screen: { write: (text) => void written.push(text), isTerminal, columns: () => 80 },
      clock: { nowMs: () => 10_000 },
      previewMode: 'off',
      isQuiet,
    });
    const record = { id: 'job-1' } as Parameters<typeof platform.showCard>[0];
    await platform.showCard(record, card);
    const finished = platform.finished('job-1');
    await platform.showCard(record, { ...card, isFinal: true });
    expect((await finished).card.isFinal).toBe(true);
    return written.join('');
  };
  test('a line on a terminal, erased at the end', async () => {
    const text = await write(true, false);
    expect(text).toContain('step 12 of 20');
    expect(text.endsWith('\r\u001B[2K')).toBe(true);
  });
  test.each([
    [false, false],
    [true, true],
  ])('nothing when terminal is %s and quiet is %s', async (isTerminal, isQuiet) => {
    expect(await write(isTerminal, isQuiet)).toBe('');
  });
});

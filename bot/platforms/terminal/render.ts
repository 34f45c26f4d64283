/** How a card looks in a terminal: one progress line, and a preview where the terminal can show one. */
import type { Preview } from '#contract/job-event.ts';
import type { Card } from '../../core/card.ts';
import { TERMINAL_LIMITS } from './limits.ts';
import { decodePreview } from './preview-pixels.ts';

export type PreviewMode = 'off' | 'blocks' | 'iterm' | 'kitty';

const ESCAPE = '\u001B';

/** The best way this terminal has of showing a picture, from the variables that terminals set. */
export function detectPreviewMode(
  environment: Readonly<Record<string, string | undefined>>,
  isTerminal: boolean,
): PreviewMode {
  if (!isTerminal || environment['TERM'] === 'dumb' || environment['CI'] !== undefined)
    return 'off';
  // A multiplexer swallows graphics of the terminal around it; colours pass.
  const isMultiplexed = environment['TMUX'] !== undefined || environment['STY'] !== undefined;
  const program = environment['TERM_PROGRAM'] ?? '';
  if (!isMultiplexed && (environment['KITTY_WINDOW_ID'] !== undefined || program === 'ghostty'))
    return 'kitty';
  if (!isMultiplexed && (program === 'iTerm.app' || program === 'WezTerm')) return 'iterm';
  const colours = environment['COLORTERM'] ?? '';
  if (colours === 'truecolor' || colours === '24bit') return 'blocks';
  return /256color|direct/.test(environment['TERM'] ?? '') ? 'blocks' : 'off';
}

function formatSeconds(milliseconds: number): string {
  return `${Math.max(1, Math.round(milliseconds / 1_000))} s`;
}

/** `▐██████░░░░▌ 60 %  Drawing, step 12 of 20  about 3 s left`, cut to the terminal's width. */
export function renderProgressLine(card: Card, nowMs: number, columns: number): string {
  const cells = TERMINAL_LIMITS.progressBarCells;
  const filled = Math.round((card.progress ?? 0) * cells);
  const bar = `${'█'.repeat(filled)}${'░'.repeat(cells - filled)}`;
  const percent = `${Math.round((card.progress ?? 0) * 100)} %`.padStart(5);
  const left =
    card.readyAtMs === undefined || card.readyAtMs <= nowMs
      ? ''
      : `  about ${formatSeconds(card.readyAtMs - nowMs)} left`;
  return `▐${bar}▌${percent}  ${card.statusText}${left}`.slice(0, Math.max(20, columns - 1));
}

/** Two pixels a cell, one above the other, in 24-bit colour. */
function renderBlocks(preview: Preview): string {
  const pixels = decodePreview(preview);
  if (pixels === undefined) return '';
  const columns = Math.min(TERMINAL_LIMITS.previewCells, pixels.widthPx * 2);
  const rows = Math.max(1, Math.round((columns * pixels.heightPx) / pixels.widthPx / 2));
  const colourAt = (column: number, line: number) => {
    const x = Math.min(pixels.widthPx - 1, Math.floor(((column + 0.5) * pixels.widthPx) / columns));
    const y = Math.min(
      pixels.heightPx - 1,
      Math.floor(((line + 0.5) * pixels.heightPx) / (rows * 2)),
    );
    const offset = (y * pixels.widthPx + x) * 3;
    return [...pixels.rgb.subarray(offset, offset + 3)].join(';');
  };
  const lines = Array.from({ length: rows }, (_, row) => {
    const cells = Array.from({ length: columns }, (_unused, column) => {
      const upper = colourAt(column, row * 2);
      const lower = colourAt(column, row * 2 + 1);
      return `${ESCAPE}[38;2;${upper}m${ESCAPE}[48;2;${lower}m▀`;
    });
    return `${cells.join('')}${ESCAPE}[0m`;
  });
  return lines.join('\n');
}

/** iTerm2's inline images protocol: https://iterm2.com/documentation-images.html */
function renderIterm(preview: Preview, rows: number): string {
  return `${ESCAPE}]1337;File=inline=1;height=${rows};preserveAspectRatio=1:${preview.base64}\u0007`;
}

/** Kitty's graphics protocol, PNG sent directly: https://sw.kovidgoyal.net/kitty/graphics-protocol/ */
function renderKitty(preview: Preview, rows: number): string {
  const size = TERMINAL_LIMITS.kittyChunkCharacters;
  const chunks = preview.base64.match(new RegExp(`.{1,${size}}`, 'g')) ?? [];
  return chunks
    .map((chunk, index) => {
      const isLast = index === chunks.length - 1 ? 0 : 1;
      // i=1 replaces the earlier frame; q=2 keeps the terminal from answering into the input.
      const head = index === 0 ? `a=T,f=100,i=1,q=2,r=${rows},m=${isLast}` : `m=${isLast}`;
      return `${ESCAPE}_G${head};${chunk}${ESCAPE}\\`;
    })
    .join('');
}

/** The preview as text for the terminal, and how many lines it takes. Empty when it cannot be shown. */
export function renderPreview(
  preview: Preview,
  mode: PreviewMode,
): { text: string; lines: number } {
  const rows = 12;
  switch (mode) {
    case 'off':
      return { text: '', lines: 0 };
    case 'blocks': {
      const text = renderBlocks(preview);
      return { text, lines: text === '' ? 0 : text.split('\n').length };
    }
    case 'iterm':
      return { text: renderIterm(preview, rows), lines: rows };
    case 'kitty':
      return { text: renderKitty(preview, rows), lines: rows };
  }
}

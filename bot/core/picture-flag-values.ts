/** Reads and writes the values of flags about pictures: masks, pans, borders. One way in, the same way out. */
import { LIMITS } from '#contract/limits.ts';
import type { Mask, Outpaint } from '#contract/picture-editing.ts';
import { CommandError } from './command-error.ts';
import { readNumber, readWholeNumber, showValue } from './flag-values.ts';
import { formatPictureId, parsePictureId } from './picture-id.ts';
import { toPictureId, toSource } from './picture-source.ts';

type Pan = Extract<Outpaint, { kind: 'pan' }>;
type Borders = Extract<Outpaint, { kind: 'borders' }>;

const PAN_AMOUNT_DEFAULT = 0.5;

/** `0.1,0.2,0.5,0.9` (left, top, right, bottom), `4x4:0,1,5` (cells row by row), or the id of a picture. */
export function readMask(flag: string, value: string): Mask {
  const cells = /^(\d{1,2})x(\d{1,2}):([\d,]+)$/i.exec(value);
  if (cells !== null) return readCells(flag, value, cells);
  const edges = value.split(',');
  if (edges.length === 4) return readRectangle(flag, value, edges);
  const picture = parsePictureId(value);
  if (picture !== undefined) return { kind: 'image', image: toSource(picture) };
  throw new CommandError(
    `${flag} ${showValue(value)} is no mask; attach a black and white picture, or write edges such as 0.25,0.25,0.75,0.75.`,
  );
}

function readCells(flag: string, value: string, match: RegExpExecArray): Mask {
  const columns = readWholeNumber(`${flag} columns`, match[1] ?? '', LIMITS.maskCells);
  const rows = readWholeNumber(`${flag} rows`, match[2] ?? '', LIMITS.maskCells);
  const range = { min: 0, max: columns * rows - 1 };
  const names = (match[3] ?? '').split(',').filter((name) => name !== '');
  const cells = names.map((name) => readWholeNumber(`${flag} cell`, name, range));
  if (cells.length > 0) return { kind: 'cells', columns, rows, cells: [...new Set(cells)] };
  throw new CommandError(`${flag} ${showValue(value)} names no cell, such as 4x4:5,6.`);
}

function readRectangle(flag: string, value: string, edges: readonly string[]): Mask {
  const share = { min: 0, max: 1 };
  const [left = 0, top = 0, right = 0, bottom = 0] = edges.map((edge) =>
    readNumber(`${flag} edge`, edge, share),
  );
  if (left < right && top < bottom) return { kind: 'rectangle', left, top, right, bottom };
  throw new CommandError(
    `${flag} ${showValue(value)} is empty: left must be less than right, and top less than bottom.`,
  );
}

export function formatMask(mask: Mask): string | undefined {
  switch (mask.kind) {
    case 'image': {
      const picture = toPictureId(mask.image);
      return picture && formatPictureId(picture);
    }
    case 'rectangle':
      return [mask.left, mask.top, mask.right, mask.bottom].join(',');
    case 'cells':
      return `${mask.columns}x${mask.rows}:${mask.cells.join(',')}`;
  }
}

/** `left`, or `left:0.25` for how far, in sides of the picture. */
export function readPan(flag: string, value: string): Pan {
  const match = /^(left|right|up|down)(?::(.+))?$/i.exec(value);
  if (match === null) {
    throw new CommandError(
      `${flag} ${showValue(value)} is no direction; use left, right, up or down.`,
    );
  }
  const direction = (match[1] ?? '').toLowerCase() as Pan['direction'];
  const amount =
    match[2] === undefined
      ? PAN_AMOUNT_DEFAULT
      : readNumber(`${flag} amount`, match[2], LIMITS.panAmount);
  return { kind: 'pan', direction, amount };
}

export function formatPan({ direction, amount }: Pan): string {
  return amount === PAN_AMOUNT_DEFAULT ? direction : `${direction}:${amount}`;
}

/** Four whole numbers of pixels: left, right, top, bottom. */
export function readBorders(flag: string, value: string): Borders {
  const sides = value.split(',');
  if (sides.length !== 4) {
    throw new CommandError(
      `${flag} ${showValue(value)} must be four numbers of pixels: left, right, top, bottom, such as 64,64,0,0.`,
    );
  }
  const [leftPx = 0, rightPx = 0, topPx = 0, bottomPx = 0] = sides.map((side) =>
    readWholeNumber(`${flag} side`, side, LIMITS.borderPx),
  );
  return { kind: 'borders', leftPx, rightPx, topPx, bottomPx };
}

export function formatBorders({ leftPx, rightPx, topPx, bottomPx }: Borders): string {
  return [leftPx, rightPx, topPx, bottomPx].join(',');
}

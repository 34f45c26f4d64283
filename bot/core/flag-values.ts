/** Reads the value of one flag, or says in one sentence what is wrong with it. Ranges come from the contract. */
import { LIMITS } from '#contract/limits.ts';
import type { Variation } from '#contract/generation-request.ts';
import { CommandError } from './command-error.ts';
import { formatNumber } from './format-number.ts';

interface Range {
  min: number;
  max: number;
}

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const MANY = 24;

/** A value as it stands in a message: short, so that the sentence stays readable. */
export function showValue(value: string): string {
  return value.length > MANY ? `${value.slice(0, MANY)}…` : value;
}

/** Throws CommandError, here and below; `flag` names the flag in the sentence. A comma that ends the value is forgiven. */
export function readWholeNumber(flag: string, value: string, range: Range): number {
  const typed = withoutThousands(trimSeparator(value));
  const number = NUMBER.test(typed) ? Number(typed) : Number.NaN;
  const allowed = `a whole number from ${formatNumber(range.min)} to ${formatNumber(range.max)}`;
  const random = flag === '--seed' ? ', or left out for a random one' : '';
  if (!Number.isInteger(number) || number < range.min || number > range.max) {
    throw new CommandError(`${flag} ${showValue(value)} must be ${allowed}${random}.`);
  }
  // Adding 0 turns -0 into 0.
  return number + 0;
}

/** `1,000` as the messages write it is 1000. */
function withoutThousands(typed: string): string {
  return /^\d{1,3}(,\d{3})+$/.test(typed) ? typed.replaceAll(',', '') : typed;
}

/** A decimal point or comma, or an exponent. */
export function readNumber(flag: string, value: string, range: Range): number {
  const typed = trimSeparator(value);
  const number = Number((NUMBER.test(typed) && typed) || decimalComma(typed) || Number.NaN);
  if (Number.isNaN(number) || number < range.min || number > range.max) {
    throw new CommandError(
      `${flag} ${showValue(value)} must be a number from ${range.min} to ${range.max}, such as ${middle(range)}.`,
    );
  }
  return number + 0;
}

const trimSeparator = (value: string): string => value.replace(/[,;]$/, '');
const decimalComma = (value: string): string | undefined =>
  /^\d+,\d+$/.test(value) ? value.replace(',', '.') : undefined;
const middle = ({ min, max }: Range): number => (max > 5 ? 5 : (min + max) / 2);

/** `3:2`, `3x2`, `3/2`; parts above the limit are reduced first, so that `1920:1080` is 16:9. */
export function readAspect(flag: string, value: string): { width: number; height: number } {
  const match = /^(\d{1,6})[:x×/](\d{1,6})$/i.exec(trimSeparator(value));
  if (match === null) {
    throw new CommandError(
      `${flag} ${showValue(value)} is not an aspect ratio; write two whole numbers, such as 3:2.`,
    );
  }
  const part = LIMITS.aspectPart;
  let [width, height] = [Number(match[1]), Number(match[2])];
  if (Math.max(width, height) > part.max) {
    const divisor = greatestCommonDivisor(width, height);
    [width, height] = [width / divisor, height / divisor];
  }
  const ratio = Math.max(width, height) / Math.min(width, height);
  if (Math.min(width, height) >= part.min && ratio > LIMITS.aspectRatioMax) {
    const nearest = width > height ? `${LIMITS.aspectRatioMax}:1` : `1:${LIMITS.aspectRatioMax}`;
    throw new CommandError(
      `${flag} ${showValue(value)} is too long: one side may be at most ${LIMITS.aspectRatioMax} times the other, such as ${nearest}.`,
    );
  }
  if (Math.min(width, height) < part.min || Math.max(width, height) > part.max) {
    throw new CommandError(
      `${flag} ${showValue(value)} is not possible: each part must be from ${part.min} to ${part.max}, such as 3:2.`,
    );
  }
  return { width, height };
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? Math.max(a, 1) : greatestCommonDivisor(b, a % b);
}

/** `512x768`, or `512` for a square. */
export function readSize(flag: string, value: string): { widthPx: number; heightPx: number } {
  const match = /^(\d{1,6})(?:[x×*](\d{1,6}))?(?:px)?$/i.exec(trimSeparator(value));
  if (match === null) {
    throw new CommandError(
      `${flag} ${showValue(value)} is not a size; write width x height in pixels, such as 512x768.`,
    );
  }
  const widthPx = Number(match[1]);
  const heightPx = Number(match[2] ?? match[1]);
  checkSize(`${flag} ${showValue(value)}`, widthPx, heightPx);
  return { widthPx, heightPx };
}

/** Throws when the size is out of range, not divisible or too long; `shown` names it in the sentence. */
export function checkSize(shown: string, widthPx: number, heightPx: number): void {
  const { min, max, multipleOf } = LIMITS.sidePx;
  if (Math.min(widthPx, heightPx) < min || Math.max(widthPx, heightPx) > max) {
    throw new CommandError(`${shown} is not possible: each side must be ${min} to ${max} pixels.`);
  }
  if (widthPx % multipleOf !== 0 || heightPx % multipleOf !== 0) {
    const smaller = `${Math.floor(widthPx / multipleOf) * multipleOf}x${Math.floor(heightPx / multipleOf) * multipleOf}`;
    const larger = `${Math.ceil(widthPx / multipleOf) * multipleOf}x${Math.ceil(heightPx / multipleOf) * multipleOf}`;
    throw new CommandError(
      `${shown} is not possible: sides must be multiples of ${multipleOf}, the nearest sizes are ${smaller} and ${larger}.`,
    );
  }
  if (Math.max(widthPx, heightPx) > LIMITS.aspectRatioMax * Math.min(widthPx, heightPx)) {
    throw new CommandError(
      `${shown} is too long: one side may be at most ${LIMITS.aspectRatioMax} times the other.`,
    );
  }
}

/** `42:0.35`, or several of them with commas for a variation of a variation. */
export function readVariations(flag: string, value: string): Variation[] {
  const turns = trimSeparator(value).split(',');
  if (turns.length > LIMITS.variations.max) {
    throw new CommandError(
      `${flag} has ${turns.length} turns; at most ${LIMITS.variations.max} are possible, so leave the first ones out.`,
    );
  }
  return turns.map((turn) => {
    const [seed, strength, ...rest] = turn.split(':');
    if (seed === undefined || strength === undefined || rest.length > 0) {
      throw new CommandError(
        `${flag} ${showValue(value)} must be a seed and a strength from 0 to 1, such as 42:0.35.`,
      );
    }
    return {
      seed: readWholeNumber(`${flag} seed`, seed, LIMITS.seed),
      strength: readNumber(`${flag} strength`, strength, LIMITS.strength),
    };
  });
}

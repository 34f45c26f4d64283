/**
 * A command's text cut into words and flags. Forgives what phones and word processors do to it: long dashes, curly
 * quotes, any kind of space. Nothing is interpreted here and nothing is lost: the words keep their characters.
 */

export interface WordToken {
  kind: 'word';
  /** As it was typed, quotes included. */
  text: string;
  /** The text between the quotes when the whole word is one quoted text, with \" and \\ resolved. */
  quoted?: string | undefined;
  /** A quote was opened and never closed, so it protects nothing. */
  isUnclosed: boolean;
}

export interface FlagToken {
  kind: 'flag';
  /** Lower case, without dashes. */
  name: string;
  /** As it was typed, for messages. */
  written: string;
}

export type CommandToken = WordToken | FlagToken;

/** Whether a single long dash before this name stands for `--`; in a sentence it may be just a dash. */
export type IsFlagName = (name: string) => boolean;

const QUOTES = '"“”„‟';
const QUOTE = new RegExp(`[${QUOTES}]`);
const QUOTED_CHARACTER = new RegExp(`\\\\([${QUOTES}\\\\])`, 'g');
const ESCAPED_IN_QUOTES = new RegExp(`[${QUOTES}\\\\]`, 'g');
/** What may follow a closing quote, so that an inch mark inside a text does not close it. */
const AFTER_QUOTE = /^(?:$|[\s,.;:!?)\]}…])/;
const SPACES = /[\s\u200b]+/y;
const WORD = /[^\s\u200b]+/y;
/** Two or more dashes of any kind, or one long one, directly before a letter. `=` and `:` may join the value. */
const FLAG = /([-–—―‒−]{2,}|[–—―‒])([A-Za-z][^\s\u200b=:]*)[=:]?/y;

/** Puts a text between quotes so that it is read back as it is, whatever it holds. */
export function quoteText(text: string): string {
  return `"${text.replaceAll(ESCAPED_IN_QUOTES, '\\$&')}"`;
}

/** Words and flags in their order; never throws, since every text can be a prompt. */
export function readTokens(text: string, isFlagName: IsFlagName): CommandToken[] {
  const tokens: CommandToken[] = [];
  let at = 0;
  let hasUnclosed = false;
  while (at < text.length) {
    at += matchAt(SPACES, text, at)?.[0].length ?? 0;
    if (at >= text.length) break;
    const flag = readFlag(text, at, isFlagName);
    if (flag !== undefined) {
      tokens.push(flag.token);
      at = flag.end;
      continue;
    }
    const word = readWord(text, at, hasUnclosed);
    // Once a quote found no partner, the later ones can find none either: looking again would be quadratic.
    hasUnclosed ||= word.token.isUnclosed;
    tokens.push(word.token);
    at = word.end;
  }
  return tokens;
}

function readFlag(text: string, at: number, isFlagName: IsFlagName) {
  const match = matchAt(FLAG, text, at);
  if (match === undefined) return undefined;
  const [written, dashes = '', typedName = ''] = match;
  const name = typedName.toLowerCase();
  if (dashes.length === 1 && !isFlagName(name)) return undefined;
  const token: FlagToken = { kind: 'flag', name, written: `--${typedName}` };
  return { token, end: at + written.length };
}

function readWord(text: string, at: number, hasUnclosed: boolean) {
  const bracketLength = /^[([{]*/.exec(text.slice(at, at + 8))?.[0].length ?? 0;
  const quoteAt = at + bracketLength;
  const isOpening = QUOTE.test(text[quoteAt] ?? '');
  const closeAt = isOpening && !hasUnclosed ? findClosingQuote(text, quoteAt + 1) : undefined;
  const tailFrom = closeAt === undefined ? at : closeAt + 1;
  const end = tailFrom + (matchAt(WORD, text, tailFrom)?.[0].length ?? 0);
  const isWhole = closeAt !== undefined && bracketLength === 0 && end === closeAt + 1;
  const token: WordToken = {
    kind: 'word',
    text: text.slice(at, end),
    quoted: isWhole ? unescape(text.slice(quoteAt + 1, closeAt)) : undefined,
    isUnclosed: isOpening && closeAt === undefined,
  };
  return { token, end };
}

function findClosingQuote(text: string, from: number): number | undefined {
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (QUOTE.test(text[at] ?? '') && AFTER_QUOTE.test(text.slice(at + 1, at + 2))) return at;
  }
  return undefined;
}

const unescape = (text: string): string => text.replaceAll(QUOTED_CHARACTER, '$1');

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text) ?? undefined;
}

/** The port of every tokenizer: words in, the numbers that a text encoder was trained on out. */

interface TokenizedPrompt {
  /** Ids with start, end and padding, of the length that the text encoder wants. */
  ids: readonly number[];
  /** Words that did not fit and were left out; empty when all fitted. */
  truncatedText: string;
}

export interface Tokenizer {
  /** Length of every id list it makes. */
  readonly maxLength: number;
  /** Ids of a list that are words' own, and how many stand before them. */
  readonly room: number;
  readonly lead: number;
  /** Whether its encoder was trained so that texts may be encoded in parts, as CLIP's users do. */
  readonly canChunk: boolean;
  /** The words of a text one by one, and the text in which their places are counted. */
  pieces(text: string): { pieces: TokenizedPiece[]; text: string };
  /** At most `room` ids with start, end and padding. */
  frame(ids: readonly number[]): number[];
  tokenize(prompt: string): TokenizedPrompt;
}

/** The tokens of one piece of text, and where the piece stood. */
export interface TokenizedPiece {
  ids: readonly number[];
  /** Index of the piece's first character in the text that is reported when it does not fit. */
  start: number;
}

/**
 * The ids that fit, and the index of the first piece that did not fit whole: undefined when all did.
 * A word that is cut in its middle counts as left out, though its first part is still used.
 */
export function fitPieces(
  pieces: readonly TokenizedPiece[],
  room: number,
): { ids: number[]; firstLeftOut: TokenizedPiece | undefined } {
  const ids: number[] = [];
  let firstLeftOut: TokenizedPiece | undefined;
  for (const piece of pieces) {
    if (firstLeftOut === undefined && ids.length + piece.ids.length > room) firstLeftOut = piece;
    ids.push(...piece.ids.slice(0, Math.max(0, room - ids.length)));
  }
  return { ids, firstLeftOut };
}

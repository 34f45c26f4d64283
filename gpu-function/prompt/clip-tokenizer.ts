/** CLIP's tokenizer (Radford et al. 2021) with today's text cleaning: NFC, blanks, lower case, no ftfy. */
import { createBytePairEncoder } from './byte-pair-encoder.ts';
import { toLowerCaseText } from './lower-case-text.ts';
import { fitPieces } from './tokenizer.ts';
import type { TokenizedPiece, Tokenizer } from './tokenizer.ts';

/** Contractions, runs of letters, single digits, runs of anything else. */
const PIECE = /'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\p{White_Space}\p{L}\p{N}]+/gu;
/** Unicode's white space, not JavaScript's: U+0085 belongs to it, U+FEFF does not. */
const WHITE_SPACE = /\p{White_Space}+/gu;

export interface ClipTokenizerOptions {
  vocabulary: ReadonlyMap<string, number>;
  /** The lines of merges.txt without its version line, best first: "left right". */
  merges: readonly string[];
  /**
   * Special tokens, cut out of the text before it is cleaned. Where the pad token is "!" (Stable Diffusion 2, the
   * second encoder of SDXL) this makes every "!" of a prompt padding, as it is in the reference.
   */
  specialTokens: { start: string; end: string; pad: string; unknown: string };
  /** Ids of a list, start and end included; 77 for CLIP. */
  maxLength: number;
}

/** Throws a RangeError naming a special token that the vocabulary lacks. */
export function createClipTokenizer(options: ClipTokenizerOptions): Tokenizer {
  const { vocabulary, specialTokens, maxLength } = options;
  const idOf = (token: string) => {
    const id = vocabulary.get(token);
    if (id === undefined) throw new RangeError(`the special token "${token}" is not in it`);
    return id;
  };
  const startId = idOf(specialTokens.start);
  const endId = idOf(specialTokens.end);
  const padId = idOf(specialTokens.pad);
  const encodeWord = createBytePairEncoder({
    vocabulary,
    ranks: new Map(options.merges.map((merge, rank) => [merge, rank])),
    unknownId: idOf(specialTokens.unknown),
  });
  const specialPattern = toAlternatives(Object.values(specialTokens));

  const room = maxLength - 2;
  const toPieces = (prompt: string) => {
    const text = prompt.normalize('NFC').replaceAll(WHITE_SPACE, ' ');
    const pieces: TokenizedPiece[] = [];
    let start = 0;
    // split() with a group gives text and special token by turns.
    for (const [index, segment] of text.split(specialPattern).entries()) {
      if (index % 2 === 1) pieces.push({ ids: [idOf(segment)], start });
      else pieces.push(...tokenizeSegment(segment, start, encodeWord));
      start += segment.length;
    }
    return { pieces, text };
  };
  const frame = (ids: readonly number[]) => {
    const padding = Array.from({ length: room - ids.length }, () => padId);
    return [startId, ...ids, endId, ...padding];
  };

  return {
    maxLength,
    room,
    lead: 1,
    canChunk: true,
    pieces: toPieces,
    frame,
    tokenize(prompt) {
      const { pieces, text } = toPieces(prompt);
      const { ids, firstLeftOut } = fitPieces(pieces, room);
      return {
        ids: frame(ids),
        truncatedText: firstLeftOut === undefined ? '' : text.slice(firstLeftOut.start).trim(),
      };
    },
  };
}

function tokenizeSegment(
  segment: string,
  segmentStart: number,
  encodeWord: (word: string) => readonly number[],
): TokenizedPiece[] {
  const { text, originalIndexes } = toLowerCaseText(segment);
  return Array.from(text.matchAll(PIECE), (match) => ({
    ids: encodeWord(match[0]),
    start: segmentStart + (originalIndexes[match.index] ?? 0),
  }));
}

/** Matches any of the tokens, the longest first; as a group, so that split() keeps what it found. */
function toAlternatives(tokens: readonly string[]): RegExp {
  const escaped = [...new Set(tokens)]
    .sort((a, b) => b.length - a.length)
    .map((token) => token.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  return new RegExp(`(${escaped.join('|')})`, 'u');
}

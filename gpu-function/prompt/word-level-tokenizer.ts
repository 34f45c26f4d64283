/** Tokenizers of type WordLevel: one id per known word, as `tokenizer.json` of the tokenizers library holds them. */
import { toLowerCaseText } from './lower-case-text.ts';
import { fitPieces } from './tokenizer.ts';
import type { Tokenizer } from './tokenizer.ts';

export interface WordLevelTokenizerOptions {
  vocabulary: ReadonlyMap<string, number>;
  unknownId: number;
  /** What a word is; the global flag is needed. Text between words is dropped. */
  wordPattern: RegExp;
  isLowerCased: boolean;
  /** Ids before and after the words. */
  template: { before: readonly number[]; after: readonly number[] };
  padId: number;
  /** Ids of a list, template included. */
  maxLength: number;
}

export function createWordLevelTokenizer(options: WordLevelTokenizerOptions): Tokenizer {
  const { vocabulary, unknownId, template, maxLength } = options;
  const room = maxLength - template.before.length - template.after.length;
  const toPieces = (prompt: string) => {
    const lower = toLowerCaseText(prompt);
    const text = options.isLowerCased ? lower.text : prompt;
    const pieces = Array.from(text.matchAll(options.wordPattern), (match) => ({
      ids: [vocabulary.get(match[0]) ?? unknownId],
      start: options.isLowerCased ? (lower.originalIndexes[match.index] ?? 0) : match.index,
    }));
    return { pieces, text: prompt };
  };
  const frame = (ids: readonly number[]) => {
    const padding = Array.from({ length: room - ids.length }, () => options.padId);
    return [...template.before, ...ids, ...template.after, ...padding];
  };
  return {
    maxLength,
    room,
    lead: template.before.length,
    canChunk: false,
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

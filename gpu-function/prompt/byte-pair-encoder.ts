/** Byte-level byte pair encoding (Sennrich et al. 2016; Radford et al. 2019), with CLIP's end-of-word mark. */

/** Ends the last symbol of every word in CLIP's vocabulary. */
const END_OF_WORD = '</w>';
/** Words are few and repeat; a bound keeps an endless stream of new ones from filling the memory. */
const CACHED_WORDS_MAX = 4_096;

export interface BytePairTables {
  vocabulary: ReadonlyMap<string, number>;
  /** Merge "left right" → its rank; the lowest is done first. */
  ranks: ReadonlyMap<string, number>;
  /** Id of a symbol that the vocabulary lacks. */
  unknownId: number;
}

/** One word → its token ids. */
export type BytePairEncoder = (word: string) => readonly number[];

export function createBytePairEncoder(tables: BytePairTables): BytePairEncoder {
  const cache = new Map<string, readonly number[]>();
  const toBytes = new TextEncoder();
  return (word) => {
    const known = cache.get(word);
    if (known !== undefined) return known;
    const symbols = Array.from(toBytes.encode(word), (byte) => BYTE_CHARACTERS[byte] ?? '');
    symbols.push((symbols.pop() ?? '') + END_OF_WORD);
    const ids = mergeSymbols(symbols, tables.ranks).map(
      (symbol) => tables.vocabulary.get(symbol) ?? tables.unknownId,
    );
    if (cache.size >= CACHED_WORDS_MAX) cache.clear();
    cache.set(word, ids);
    return ids;
  };
}

function mergeSymbols(word: readonly string[], ranks: ReadonlyMap<string, number>): string[] {
  let symbols = [...word];
  for (;;) {
    const best = findBestPair(symbols, ranks);
    if (best === undefined) return symbols;
    symbols = mergePair(symbols, best);
  }
}

function findBestPair(
  symbols: readonly string[],
  ranks: ReadonlyMap<string, number>,
): string | undefined {
  let best: string | undefined;
  let bestRank = Number.POSITIVE_INFINITY;
  for (let index = 0; index + 1 < symbols.length; index++) {
    const pair = `${symbols[index]} ${symbols[index + 1]}`;
    const rank = ranks.get(pair);
    if (rank !== undefined && rank < bestRank) {
      best = pair;
      bestRank = rank;
    }
  }
  return best;
}

/** Every occurrence of the pair joined, from the left. */
function mergePair(symbols: readonly string[], pair: string): string[] {
  const merged: string[] = [];
  for (let index = 0; index < symbols.length; index++) {
    const symbol = symbols[index] ?? '';
    const next = symbols[index + 1];
    if (next !== undefined && `${symbol} ${next}` === pair) {
      merged.push(symbol + next);
      index++;
    } else {
      merged.push(symbol);
    }
  }
  return merged;
}

/**
 * A printable character for every byte, as GPT-2's vocabulary writes them: printable Latin-1 stands for itself,
 * the rest is counted up from U+0100.
 */
const BYTE_CHARACTERS: readonly string[] = createByteCharacters();

function createByteCharacters(): string[] {
  const isPrintable = (byte: number) =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) =>
    String.fromCodePoint(isPrintable(byte) ? byte : next++),
  );
}

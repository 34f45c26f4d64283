/** A prompt as lists that a text encoder can take: one, or several where it is longer than the encoder reads. */
import type { PromptPart } from './prompt-part.ts';
import type { Tokenizer } from './tokenizer.ts';

export interface PromptChunk {
  /** With start, end and padding. */
  ids: readonly number[];
  /** One an id; none where all are 1, so that a plain prompt is encoded as it ever was. */
  weights?: readonly number[] | undefined;
}

export interface ChunkedPrompt {
  /** At least one. */
  chunks: PromptChunk[];
  /** Words that were left out; empty when all fitted. */
  truncatedText: string;
}

export interface ChunkRule {
  /** 1 = what does not fit is left out. */
  chunksMax: number;
  /** `tokens` fills a chunk and goes back to a comma that is near (WebUI); `words` keeps words whole (ComfyUI). */
  cut: 'tokens' | 'words';
}

/** WebUI's own: as many tokens behind a comma move on to the next chunk with what belongs to them. */
const COMMA_REACH = 20;
/** ComfyUI's own: longer words are cut. */
const WORD_TOKENS_MAX = 8;

interface Token {
  id: number;
  weight: number;
  isComma: boolean;
}

export function chunkPrompt(
  tokenizer: Tokenizer,
  parts: readonly PromptPart[],
  rule: ChunkRule,
): ChunkedPrompt {
  const writer = createChunkWriter(tokenizer.room, rule);
  let truncatedText = '';
  for (const part of parts) {
    if (part.kind === 'break') {
      writer.startChunk();
      continue;
    }
    const { pieces, text } = tokenizer.pieces(part.text);
    const leftOut = pieces.find((piece) => {
      const isComma = text[piece.start] === ',' && piece.ids.length === 1;
      return !writer.add(piece.ids.map((id) => ({ id, weight: part.weight, isComma })));
    });
    if (truncatedText !== '') truncatedText += part.text;
    else if (leftOut !== undefined) truncatedText = text.slice(leftOut.start);
  }
  const chunks = writer.finish().map((tokens) => toChunk(tokenizer, tokens));
  return { chunks, truncatedText: truncatedText.trim() };
}

function toChunk(tokenizer: Tokenizer, tokens: readonly Token[]): PromptChunk {
  const ids = tokenizer.frame(tokens.map(({ id }) => id));
  if (tokens.every(({ weight }) => weight === 1)) return { ids };
  const weights = Array.from(ids, () => 1);
  for (const [index, { weight }] of tokens.entries()) weights[tokenizer.lead + index] = weight;
  return { ids, weights };
}

function createChunkWriter(room: number, { chunksMax, cut }: ChunkRule) {
  const chunks: Token[][] = [];
  let chunk: Token[] = [];
  let isFull = false;

  function startChunk(): void {
    if (chunks.length === chunksMax - 1) isFull = true;
    else {
      chunks.push(chunk);
      chunk = [];
    }
  }

  /** What stands behind a near comma goes on to the next chunk. */
  function backtrack(): Token[] {
    const comma = chunk.findLastIndex((token) => token.isComma);
    const isNear = comma >= 0 && chunk.length - comma - 1 <= COMMA_REACH;
    return isNear && chunks.length < chunksMax - 1 ? chunk.splice(comma + 1) : [];
  }

  function addToken(token: Token): boolean {
    if (chunk.length === room) {
      const moved = cut === 'tokens' && !token.isComma ? backtrack() : [];
      startChunk();
      if (isFull) return false;
      chunk.push(...moved);
    }
    chunk.push(token);
    return true;
  }

  return {
    startChunk,
    /** The tokens of one word; false when not all of them found a place. */
    add(tokens: readonly Token[]): boolean {
      if (isFull) return false;
      const isWhole = cut === 'words' && tokens.length < WORD_TOKENS_MAX;
      if (isWhole && chunk.length + tokens.length > room) startChunk();
      return !isFull && tokens.every(addToken);
    },
    finish(): Token[][] {
      return [...chunks, chunk];
    },
  };
}

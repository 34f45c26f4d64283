/** A prompt under the rule that a person chose: its weights, and the chunks that the text encoder takes. */
import type { PromptWeighting } from '#contract/generation-request.ts';
import { chunkPrompt, type ChunkedPrompt } from '../prompt/chunk-prompt.ts';
import { parseComfyuiWeights } from '../prompt/parse-comfyui-weights.ts';
import { parseWebuiWeights } from '../prompt/parse-webui-weights.ts';
import type { PromptPart } from '../prompt/prompt-part.ts';
import type { Tokenizer } from '../prompt/tokenizer.ts';

/** 600 tokens: every chunk costs a run of the encoder and memory in every step. */
const CHUNKS_MAX = 8;

/** @param isLengthFixed the network takes texts of one length only */
export function readPrompt(
  tokenizer: Tokenizer,
  text: string,
  { weighting, isLengthFixed }: { weighting: PromptWeighting; isLengthFixed: boolean },
): ChunkedPrompt {
  const canChunk = tokenizer.canChunk && !isLengthFixed && weighting !== 'none';
  return chunkPrompt(tokenizer, parse(text, weighting), {
    chunksMax: canChunk ? CHUNKS_MAX : 1,
    cut: weighting === 'comfyui' ? 'words' : 'tokens',
  });
}

function parse(text: string, weighting: PromptWeighting): PromptPart[] {
  switch (weighting) {
    case 'webui':
      return parseWebuiWeights(text);
    case 'comfyui':
      return parseComfyuiWeights(text);
    case 'none':
      return [{ kind: 'text', text, weight: 1 }];
  }
}

/** Words to numbers: the text encoders' output, repeated for every picture of the job. */
import type { PromptChunk } from '../prompt/chunk-prompt.ts';
import { joinBatch, joinTokens, joinWidths, repeatRows } from './join-tensors.ts';
import type { Conditioning, EncodedText, ImageModel, Tensor, TextStage } from './ports.ts';
import type { TokenizedRow } from './tokenize-prompts.ts';
import { weighByEmpty, weighByMean } from './weigh-embedding.ts';

type PromptEncoding = Pick<Conditioning, 'promptEmbedding' | 'pooledEmbedding'>;

/**
 * The embeddings for a batch of all pictures: [rows × count, ...], each row repeated `count` times in a row, so that with
 * guidance all negatives come first. The encoders run once, whatever the count.
 */
export async function encodePrompts(
  model: Pick<ImageModel, 'textStages' | 'usesPooledEmbedding'>,
  rows: readonly TokenizedRow[],
  count: number,
): Promise<PromptEncoding> {
  const encoded: EncodedText[] = [];
  for (const row of rows) encoded.push(await encodeRow(model, row));
  const join = (tensors: readonly Tensor[]) => repeatRows(joinBatch(tensors), count);
  const pooled = encoded.flatMap((row) => row.pooled ?? []);
  return {
    promptEmbedding: join(encoded.map(({ hiddenStates }) => hiddenStates)),
    pooledEmbedding: model.usesPooledEmbedding ? join(pooled) : undefined,
  };
}

async function encodeRow(
  { textStages }: Pick<ImageModel, 'textStages'>,
  { stages, weighting, clipSkip, isZeroed }: TokenizedRow,
): Promise<EncodedText> {
  const encoded: EncodedText[] = [];
  for (const [index, stage] of textStages.entries()) {
    const chunks: EncodedText[] = [];
    for (const chunk of stages[index] ?? []) {
      chunks.push(await encodeChunk(stage, chunk, { weighting, clipSkip }));
    }
    const hiddenStates = joinTokens(chunks.map((text) => text.hiddenStates));
    // The first chunk speaks for the whole text, as in WebUI and ComfyUI.
    encoded.push({ hiddenStates, pooled: chunks[0]?.pooled });
  }
  const hiddenStates = joinWidths(encoded.map((text) => text.hiddenStates));
  const pooled = encoded.at(-1)?.pooled;
  if (isZeroed) {
    hiddenStates.data.fill(0);
    pooled?.data.fill(0);
  }
  return { hiddenStates, pooled };
}

async function encodeChunk(
  stage: TextStage,
  { ids, weights }: PromptChunk,
  { weighting, clipSkip }: Pick<TokenizedRow, 'weighting' | 'clipSkip'>,
): Promise<EncodedText> {
  const text = await stage.encode(ids, clipSkip);
  if (weights === undefined) return text;
  if (weighting === 'comfyui') {
    const empty = await stage.encode(stage.tokenizer.frame([]), clipSkip);
    weighByEmpty(text.hiddenStates, weights, empty.hiddenStates);
  } else {
    weighByMean(text.hiddenStates, weights);
  }
  return text;
}

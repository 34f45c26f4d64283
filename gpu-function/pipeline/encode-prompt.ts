/** Words to numbers: the text encoders' output, repeated for every picture of the job. */
import { joinBatch, joinWidths, repeatRows } from './join-tensors.ts';
import type { Conditioning, EncodedText, ImageModel, Tensor } from './ports.ts';
import type { TokenizedRow } from './tokenize-prompts.ts';

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
  { stageIds, isZeroed }: TokenizedRow,
): Promise<EncodedText> {
  const encoded: EncodedText[] = [];
  for (const [index, stage] of textStages.entries()) {
    encoded.push(await stage.encode(stageIds[index] ?? [], 0));
  }
  const hiddenStates = joinWidths(encoded.map((text) => text.hiddenStates));
  const pooled = encoded.at(-1)?.pooled;
  if (isZeroed) {
    hiddenStates.data.fill(0);
    pooled?.data.fill(0);
  }
  return { hiddenStates, pooled };
}

/** Texts as the network is told them, one row a text, for tests that call a network directly. */
import { encodePrompts } from '../../gpu-function/pipeline/encode-prompt.ts';
import type { Conditioning, ImageModel } from '../../gpu-function/pipeline/ports.ts';
import { prepareConditioning } from '../../gpu-function/pipeline/prepare-conditioning.ts';

export async function encodeTexts(
  model: ImageModel,
  texts: readonly string[],
): Promise<Conditioning> {
  const rows = texts.map((text) => ({
    stages: model.textStages.map(({ tokenizer }) => [{ ids: tokenizer.tokenize(text).ids }]),
    weighting: 'none' as const,
    clipSkip: 0,
    isZeroed: false,
  }));
  const { widthPx, heightPx, guidanceScale } = model.description.defaults;
  return prepareConditioning({
    model,
    settings: { widthPx, heightPx, guidanceScale },
    encoding: await encodePrompts(model, rows, 1),
  });
}

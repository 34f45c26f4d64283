/** Everything the network is told beside the sample: the words, and for some families sizes and guidance. */
import type { Settings } from '#contract/generation-result.ts';
import { toGuidanceEmbedding } from '../sampling/guidance-embedding.ts';
import type { Conditioning, ImageModel, Tensor } from './ports.ts';

export interface ConditioningRequest {
  model: Pick<ImageModel, 'usesTimeIds' | 'guidanceEmbeddingWidth'>;
  settings: Pick<Settings, 'widthPx' | 'heightPx' | 'guidanceScale'>;
  /** Of all rows of the batch. */
  encoding: Pick<Conditioning, 'promptEmbedding' | 'pooledEmbedding'>;
  /** What the model is told of sizes; by default that the picture is whole and as large as it is drawn. */
  frame?: PictureFrame | undefined;
}

/** SDXL's micro-conditioning (Podell et al. 2023, section 2.2), in pixels. */
export interface PictureFrame {
  originalSize: { widthPx: number; heightPx: number };
  crop: { leftPx: number; topPx: number };
  targetSize: { widthPx: number; heightPx: number };
}

export function prepareConditioning(request: ConditioningRequest): Conditioning {
  const { model, settings, encoding } = request;
  const rows = encoding.promptEmbedding.shape[0] ?? 0;
  const frame = request.frame ?? {
    originalSize: settings,
    crop: { leftPx: 0, topPx: 0 },
    targetSize: settings,
  };
  return {
    ...encoding,
    timeIds: model.usesTimeIds ? everyRow(toTimeIds(frame), rows) : undefined,
    guidanceEmbedding:
      model.guidanceEmbeddingWidth === undefined
        ? undefined
        : everyRow(toGuidanceEmbedding(settings.guidanceScale, model.guidanceEmbeddingWidth), rows),
  };
}

function toTimeIds({ originalSize, crop, targetSize }: PictureFrame): number[] {
  return [
    originalSize.heightPx,
    originalSize.widthPx,
    crop.topPx,
    crop.leftPx,
    targetSize.heightPx,
    targetSize.widthPx,
  ];
}

function everyRow(row: ArrayLike<number>, rows: number): Tensor {
  const data = new Float32Array(rows * row.length);
  for (let index = 0; index < rows; index++) data.set(row, index * row.length);
  return { data, shape: [rows, row.length] };
}

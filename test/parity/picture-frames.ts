/** What a case tells SDXL of picture sizes, for the prompt's rows and for the negative ones. */
import type { Settings } from '#contract/generation-result.ts';
import type { ImageModel, NetworkCall, Tensor } from '../../gpu-function/pipeline/ports.ts';
import { prepareConditioning } from '../../gpu-function/pipeline/prepare-conditioning.ts';
import type { PictureFrame } from '../../gpu-function/pipeline/prepare-conditioning.ts';
import { isGuided } from '../../gpu-function/pipeline/tokenize-prompts.ts';
import type { PipelineCall } from './pipeline-case-schema.ts';

export interface Frames {
  /** Of the first half of the rows, where there is guidance. */
  negative: PictureFrame | undefined;
  positive: PictureFrame;
}

export function toFrames(model: ImageModel, call: PipelineCall, settings: Settings): Frames {
  return {
    negative: isGuided(model, settings) ? toNegativeFrame(call, settings) : undefined,
    positive: toFrame(call, settings),
  };
}

/** What the negative rows are told of sizes, where it is something else. */
function toNegativeFrame(call: PipelineCall, settings: Settings): PictureFrame {
  const hasOwn = call.negative_original_size && call.negative_target_size;
  if (!hasOwn) return toFrame(call, settings);
  return toFrame(
    {
      ...call,
      original_size: call.negative_original_size,
      crops_coords_top_left: call.negative_crops_coords_top_left,
      target_size: call.negative_target_size,
    },
    settings,
  );
}

function toFrame(call: PipelineCall, { widthPx, heightPx }: Settings): PictureFrame {
  const toSize = (given: readonly [number, number] | null | undefined) =>
    given ? { heightPx: given[0], widthPx: given[1] } : { widthPx, heightPx };
  const [topPx, leftPx] = call.crops_coords_top_left ?? [0, 0];
  return {
    originalSize: toSize(call.original_size),
    crop: { topPx, leftPx },
    targetSize: toSize(call.target_size),
  };
}

export function toTimeIds(
  model: ImageModel,
  { conditioning }: NetworkCall,
  { negative, positive }: Frames,
): Tensor | undefined {
  const { widthPx, heightPx, guidanceScale } = model.description.defaults;
  const settings = { widthPx, heightPx, guidanceScale };
  const idsOf = (frame: PictureFrame) =>
    prepareConditioning({ model, settings, encoding: conditioning, frame }).timeIds;
  const timeIds = idsOf(positive);
  const others = negative === undefined ? undefined : idsOf(negative);
  if (timeIds === undefined || others === undefined) return timeIds;
  const half = timeIds.data.length / 2;
  timeIds.data.set(others.data.subarray(0, half));
  return timeIds;
}

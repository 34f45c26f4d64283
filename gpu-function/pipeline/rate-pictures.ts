/** A look at finished pictures by the rater: what the bot's policy decides by. */
import type { GenerationResult } from '#contract/generation-result.ts';
import { readThumbnail } from './image-file.ts';
import type { PixelImage } from './pixels.ts';
import type { EngineOutcome, Tensor, Toolbox } from './ports.ts';

/** The outcome with an `unsafeScore` for every picture; as it is where there is no rater. */
export async function ratePictures(
  outcome: EngineOutcome,
  toolbox: Toolbox | undefined,
): Promise<EngineOutcome> {
  if (outcome.status !== 'succeeded') return outcome;
  const rater = await toolbox?.openRater();
  if (rater === undefined) return outcome;
  const images: GenerationResult['images'] = [];
  for (const description of outcome.result.images) {
    const file = outcome.images[description.index];
    if (file === undefined) throw new RangeError(`picture ${description.index} has no file`);
    const unsafeScore = await rater.rate(toUnitTensor(await readThumbnail(file, rater.sidePx)));
    images.push({ ...description, unsafeScore });
  }
  return { ...outcome, result: { ...outcome.result, images } };
}

/** [1, 3, height, width] in 0..1. */
function toUnitTensor({ pixels, widthPx, heightPx }: PixelImage): Tensor {
  const plane = widthPx * heightPx;
  const data = Float32Array.from({ length: plane * 3 }, (_, at) => {
    return (pixels[(at % plane) * 3 + Math.floor(at / plane)] ?? 0) / 255;
  });
  return { data, shape: [1, 3, heightPx, widthPx] };
}

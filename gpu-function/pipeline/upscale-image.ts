/** Enlarges one picture from outside by plain resampling, and carries its recipe over. */
import { GenerationError } from '#contract/generation-error.ts';
import type { UpscaleRequest } from '#contract/generation-request.ts';
import { LIMITS } from '#contract/limits.ts';
import { toEnlargedRecipeTexts } from '#contract/recipe.ts';
import { decodeImageFile, encodePng, resampleLanczos } from './image-file.ts';
import { describeImages, roundMs } from './describe-result.ts';
import { readSource } from './read-source.ts';
import type { Clock, EngineOutcome, EngineRun } from './ports.ts';

/** What the person is told about every enlargement: nobody may take it for more than it is. */
const RESAMPLING_NOTE = 'Enlarged by plain resampling (Lanczos); no detail was added.';

/** Throws GenerationError `image-unreadable` or `size-unsupported`. */
export async function upscaleImage(
  request: UpscaleRequest,
  run: EngineRun,
  clock: Clock,
): Promise<EngineOutcome> {
  const startedAtMs = clock.nowMs();
  const notes = [RESAMPLING_NOTE];
  run.report({ type: 'job-start', attempt: 1, notes });
  run.report({ type: 'decode-start' });
  const source = await decodeImageFile(readSource(request.image));
  const { widthPx, heightPx } = enlarge(source.image, request.factor);
  if (run.isCanceled()) return { status: 'canceled' };
  const enlarged = await resampleLanczos(source.image, widthPx, heightPx);
  const decodedAtMs = clock.nowMs();
  if (run.isCanceled()) return { status: 'canceled' };
  const file = await encodePng(enlarged, toEnlargedRecipeTexts(source.texts, request.factor));
  const endedAtMs = clock.nowMs();
  return {
    status: 'succeeded',
    images: [file],
    result: {
      images: describeImages([file], { widthPx, heightPx }),
      notes,
      timings: {
        queueMs: 0,
        loadModelMs: 0,
        encodePromptMs: 0,
        denoiseMs: 0,
        decodeMs: roundMs(decodedAtMs - startedAtMs),
        encodeImageMs: roundMs(endedAtMs - decodedAtMs),
        totalMs: roundMs(endedAtMs - startedAtMs),
        onnxRunMs: 0,
      },
    },
  };
}

interface Size {
  widthPx: number;
  heightPx: number;
}

function enlarge({ widthPx, heightPx }: Size, factor: number): Size {
  const enlarged = { widthPx: widthPx * factor, heightPx: heightPx * factor };
  const sideMax = LIMITS.upscaleSidePxMax;
  if (Math.max(enlarged.widthPx, enlarged.heightPx) <= sideMax) return enlarged;
  const fitting = LIMITS.upscaleFactors.find(
    (smaller) => Math.max(widthPx, heightPx) * smaller <= sideMax,
  );
  const remedy =
    fitting === undefined ? 'choose a smaller picture' : `choose ${fitting} times instead`;
  throw new GenerationError(
    'size-unsupported',
    `Enlarging ${widthPx}×${heightPx} by ${factor} gives ${enlarged.widthPx}×${enlarged.heightPx}, ` +
      `more than ${sideMax} a side; ${remedy}.`,
  );
}

/** Enlarges one picture from outside, by a network or by plain resampling, and carries its recipe over. */
import { GenerationError } from '#contract/generation-error.ts';
import type { UpscaleRequest } from '#contract/generation-request.ts';
import type { Settings } from '#contract/generation-result.ts';
import { LIMITS } from '#contract/limits.ts';
import { toEnlargedRecipeTexts, type Enlargement } from '#contract/recipe.ts';
import { createHash } from 'node:crypto';
import { RunCanceled } from './denoise.ts';
import { describeImages, roundMs } from './describe-result.ts';
import { decodeImageFile, encodePng, resampleLanczos } from './image-file.ts';
import { readSource } from './read-source.ts';
import type { PixelImage } from './pixels.ts';
import type { Clock, EngineOutcome, EngineRun, ImageModel, Toolbox, Upscaler } from './ports.ts';
import { countDrawingsOver, drawOver, prepareDrawingOver } from './upscaling/draw-over.ts';
import { onGround } from './editing/picture-area.ts';
import { isOpaque, joinGrounds } from './upscaling/enlarge-with-alpha.ts';
import { countTiles, enlargePicture } from './upscaling/enlarge-picture.ts';

/** The id of plain resampling, beside those of the packages. */
const LANCZOS = 'lanczos';

/** What the person is told about plain resampling: nobody may take it for more than it is. */
const RESAMPLING_NOTE = 'Enlarged by plain resampling (Lanczos); no detail was added.';

export interface UpscaleJob {
  request: UpscaleRequest;
  run: EngineRun;
  clock: Clock;
  toolbox: Toolbox | undefined;
  /** Opens the model that a creative enlargement is drawn over with. */
  openModel: (modelId: string | undefined) => Promise<ImageModel>;
}

/** Throws GenerationError `image-unreadable`, `size-unsupported` or `upscaler-unknown`. */
export async function upscaleImage(job: UpscaleJob): Promise<EngineOutcome> {
  try {
    return await upscale(job);
  } catch (error) {
    if (error instanceof RunCanceled) return { status: 'canceled' };
    throw error;
  }
}

async function upscale(job: UpscaleJob): Promise<EngineOutcome> {
  const { request, run, clock } = job;
  const startedAtMs = clock.nowMs();
  const file = readSource(request.image);
  const source = await decodeImageFile(file);
  const size = enlarge(source.image, request.factor);
  const upscaler = await openUpscaler(job);
  const drawing =
    request.creative &&
    (await prepareDrawingOver(request.creative, { source: source.image, size }, job));
  const loadedAtMs = clock.nowMs();
  const notes = [toNote(upscaler), ...(drawing?.notes ?? [])];
  const grounds = toGrounds(source.image);
  const tiles = toTileCount(upscaler, grounds, request.factor);
  const steps = tiles + countDrawingsOver(drawing);
  run.report({ type: 'job-start', attempt: 1, settings: drawing?.settings, steps, notes });

  const enlarged = await enlargeGrounds(job, upscaler, { grounds, size, steps });
  const part = { stepsBefore: tiles, stepsInAll: steps };
  const finished = drawing ? await drawOver(enlarged, drawing, { run, part }) : enlarged;
  if (run.isCanceled()) throw new RunCanceled();
  run.report({ type: 'decode-start' });
  const drawnAtMs = clock.nowMs();

  const enlargement = toEnlargement(upscaler, request.factor, drawing?.settings);
  const png = await encodePng(finished, toEnlargedRecipeTexts(source.texts, enlargement));
  const endedAtMs = clock.nowMs();
  const parentSha256 = createHash('sha256').update(file).digest('hex');
  return {
    status: 'succeeded',
    images: [png],
    result: {
      images: describeImages([png], size),
      settings: drawing?.settings,
      lineage: { action: 'upscale', parentSha256 },
      notes,
      timings: {
        queueMs: 0,
        loadModelMs: roundMs(loadedAtMs - startedAtMs),
        encodePromptMs: 0,
        denoiseMs: 0,
        decodeMs: roundMs(drawnAtMs - loadedAtMs),
        encodeImageMs: roundMs(endedAtMs - drawnAtMs),
        totalMs: roundMs(endedAtMs - startedAtMs),
        onnxRunMs: roundMs(upscaler?.runtimeMs() ?? 0),
      },
    },
  };
}

/** Undefined for plain resampling: because it was asked for, or because there is nothing else. */
async function openUpscaler({ request, toolbox }: UpscaleJob): Promise<Upscaler | undefined> {
  const { upscalerId } = request;
  if (upscalerId === LANCZOS) return undefined;
  const upscaler = await toolbox?.openUpscaler(upscalerId);
  if (upscaler !== undefined || upscalerId === undefined) return upscaler;
  throw new GenerationError(
    'upscaler-unknown',
    `There is no upscaler "${upscalerId}" here; leave it out, or choose ${LANCZOS}.`,
  );
}

function toNote(upscaler: Upscaler | undefined): string {
  return upscaler === undefined
    ? RESAMPLING_NOTE
    : `Enlarged by ${upscaler.description.name}, which was trained to guess the detail.`;
}

/** What is enlarged: the picture, or where it is transparent the picture on black and on white. */
function toGrounds(image: PixelImage): PixelImage[] {
  return isOpaque(image) ? [onGround(image, 255)] : [onGround(image, 0), onGround(image, 255)];
}

function toTileCount(
  upscaler: Upscaler | undefined,
  grounds: readonly PixelImage[],
  factor: 2 | 4,
): number {
  if (upscaler === undefined) return 1;
  return grounds.reduce((sum, picture) => sum + countTiles({ picture, factor, upscaler }), 0);
}

async function enlargeGrounds(
  { run, request }: UpscaleJob,
  upscaler: Upscaler | undefined,
  { grounds, size, steps }: { grounds: readonly PixelImage[]; size: Size; steps: number },
): Promise<PixelImage> {
  let step = 0;
  const onTile = () => run.report({ type: 'step-end', step: (step += 1), steps });
  const isCanceled = () => run.isCanceled();
  const enlarged: PixelImage[] = [];
  for (const picture of grounds) {
    if (upscaler === undefined) {
      if (isCanceled()) throw new RunCanceled();
      enlarged.push(await resampleLanczos(picture, size.widthPx, size.heightPx));
      continue;
    }
    const { factor } = request;
    enlarged.push(await enlargePicture({ picture, factor, upscaler, onTile, isCanceled }));
  }
  const [first, second] = enlarged;
  if (first === undefined) throw new RangeError('there is nothing to enlarge');
  return second === undefined ? first : joinGrounds(first, second);
}

function toEnlargement(
  upscaler: Upscaler | undefined,
  factor: number,
  creative: Settings | undefined,
): Enlargement {
  return {
    method: upscaler === undefined ? 'lanczos' : 'learned',
    upscaler: upscaler?.description.id,
    factor,
    creative: creative && {
      prompt: creative.prompt,
      seed: creative.seed,
      strength: creative.strength,
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

/** The whole way from a request to picture files, stage by stage. */
import { GenerationError } from '#contract/generation-error.ts';
import type { GenerateRequest } from '#contract/generation-request.ts';
import type { Timings } from '#contract/generation-result.ts';
import { toPictureAction } from '#contract/lineage.ts';
import type { PngTexts } from '#contract/png-text.ts';
import { pictureSeed, toRecipeTexts } from '#contract/recipe.ts';
import type { StrengthRule } from '../sampling/image-start.ts';
import { planSampling } from '../sampling/plan-sampling.ts';
import type { SamplingPlan } from '../sampling/sampling-plan.ts';
import { RunCanceled } from './denoise.ts';
import { describeImages, roundMs } from './describe-result.ts';
import { recordClip, type ClipRecording } from './animation/record-clip.ts';
import { decodePictures, drawLatents, type Studio } from './draw.ts';
import { drawCanvas } from './editing/draw-canvas.ts';
import { fitToShape, flatten } from './editing/picture-area.ts';
import { planEdit, type ResolvedEdit } from './editing/plan-edit.ts';
import { readMaskImage, readStartImage } from './editing/read-edit.ts';
import { encodePrompts } from './encode-prompt.ts';
import { encodePng } from './image-file.ts';
import type { PixelImage } from './pixels.ts';
import { createNoiseStreams, type CreateNoise } from './prepare-latents.ts';
import type { Clock, EngineOutcome, EngineRun, ImageModel } from './ports.ts';
import { resolveSettings } from './resolve-settings.ts';
import { tokenizePrompts } from './tokenize-prompts.ts';

export interface GenerationJob {
  request: GenerateRequest;
  model: ImageModel;
  run: EngineRun;
  clock: Clock;
  /** When the engine took the job: the time since then went into loading the model. */
  startedAtMs: number;
  /** Where the noise comes from; torch's CPU generator when left out. */
  createNoise?: CreateNoise | undefined;
}

/** Throws a GenerationError when the job cannot be done. Asks for a cancel between all stages and steps. */
export async function generateImages(job: GenerationJob): Promise<EngineOutcome> {
  try {
    return await generate(job);
  } catch (error) {
    if (error instanceof RunCanceled) return { status: 'canceled' };
    throw error;
  }
}

async function generate(job: GenerationJob): Promise<EngineOutcome> {
  const { request, model, run, clock } = job;
  const runtimeBeforeMs = model.runtimeMs();
  const laps = createLaps(clock, job.startedAtMs);
  const loadModelMs = laps.next();

  const edit = await readEdit(request, model);
  const resolved = resolveSettings(request, model, edit);
  const { settings } = resolved;
  const plan = planSampling({
    ...settings,
    scheduler: model.scheduler,
    strengthRule: strengthRuleOf(model),
  });
  const prompts = tokenizePrompts(model, settings);
  const notes = [...resolved.notes, ...noteRounding(plan, model), ...prompts.notes];
  const steps = plan.steps * countDrawings(edit);
  run.report({ type: 'job-start', attempt: 1, settings, steps, notes });
  const encoding = await encodePrompts(model, prompts.rows, settings.count);
  const encodePromptMs = laps.next();

  const streams = createNoiseStreams(settings, job.createNoise);
  const clip = request.clip === undefined ? undefined : recordClip(run, request.clip);
  const studio: Studio = { model, settings, plan, encoding, streams, run: clip?.run ?? run };
  const pictures = await drawPictures(studio, edit);
  const denoiseMs = laps.next();

  run.report({ type: 'decode-start' });
  const lineage = { action: toPictureAction(request), parentSha256: settings.startImage?.sha256 };
  const files = await writeFiles(pictures, {
    texts: (index) => toRecipeTexts(settings, index, lineage),
    run,
    clip,
  });
  const decodeMs = laps.next();

  const images: Uint8Array[] = await Promise.all(files);
  const clipFile = await clip?.make();
  const encodeImageMs = laps.next();
  const timings: Timings = {
    queueMs: 0,
    loadModelMs,
    encodePromptMs,
    denoiseMs,
    decodeMs,
    encodeImageMs,
    totalMs: roundMs(clock.nowMs() - job.startedAtMs),
    onnxRunMs: roundMs(model.runtimeMs() - runtimeBeforeMs),
  };
  const descriptions = describeImages(images, settings, {
    seedOf: (index) => pictureSeed(settings, index),
  });
  const result = { images: descriptions, settings, lineage, notes, timings };
  if (clipFile === undefined) return { status: 'succeeded', images, result };
  const options = { format: request.clip, firstIndex: images.length };
  const [description] = describeImages([clipFile.file], clipFile, options);
  return {
    status: 'succeeded',
    images: [...images, clipFile.file],
    result: { ...result, clip: description },
  };
}

/** The files while they are written: another thread does that while the next picture is decoded. */
async function writeFiles(
  pictures: AsyncIterable<PixelImage> | Iterable<PixelImage>,
  {
    texts,
    run,
    clip,
  }: { texts: (index: number) => PngTexts; run: EngineRun; clip: ClipRecording | undefined },
): Promise<Promise<Buffer>[]> {
  const files: Promise<Buffer>[] = [];
  for await (const picture of pictures) {
    const file = encodePng(picture, texts(files.length));
    // Whether it failed is asked at the end; until then it must not count as an error that nobody handles.
    file.catch(() => undefined);
    files.push(file);
    clip?.pictures.push(flatten(picture));
    if (run.isCanceled()) throw new RunCanceled();
  }
  return files;
}

/** Undefined when the request draws from words alone. */
async function readEdit(
  request: GenerateRequest,
  model: ImageModel,
): Promise<ResolvedEdit | undefined> {
  if (request.tile === true && model.isInpainting) {
    throw new GenerationError(
      'ability-missing',
      `The model ${model.description.id} is for inpainting and makes no seamless textures; choose another model.`,
    );
  }
  const source = await readStartImage(request);
  if (source === undefined) return undefined;
  return planEdit({ request, model, source, maskImage: await readMaskImage(request) });
}

function countDrawings(edit: ResolvedEdit | undefined): number {
  return edit?.plan.kind === 'canvas' ? edit.plan.windows.length : 1;
}

/** Those of a canvas are finished; others are decoded while they are taken. */
async function drawPictures(
  studio: Studio,
  edit: ResolvedEdit | undefined,
): Promise<AsyncIterable<PixelImage> | Iterable<PixelImage>> {
  const strength = studio.settings.strength ?? 1;
  switch (edit?.plan.kind) {
    case undefined:
      return decodePictures(studio, await drawLatents(studio, { size: studio.settings }));
    case 'image-to-image': {
      const { source, size } = edit.plan;
      const start = { pictures: [fitToShape(flatten(source), size)], strength };
      return decodePictures(studio, await drawLatents(studio, { size, start }));
    }
    case 'canvas':
      return drawCanvas(studio, edit.plan, strength);
  }
}

/** A network that takes guidance as an input is LCM's own, whose pipeline spreads all steps over the strength. */
function strengthRuleOf({ guidanceEmbeddingWidth }: ImageModel): StrengthRule | undefined {
  return guidanceEmbeddingWidth === undefined ? undefined : 'schedule';
}

function noteRounding({ timesteps }: SamplingPlan, { roundsTimesteps }: ImageModel): string[] {
  if (!roundsTimesteps || timesteps.every(Number.isInteger)) return [];
  return [
    'This model knows whole timesteps only; those of this sampler were rounded, so other programs may draw a little differently.',
  ];
}

/** Milliseconds from one call of `next` to the following one, rounded. */
function createLaps(clock: Clock, startedAtMs: number): { next(): number } {
  let lastMs = startedAtMs;
  return {
    next() {
      const nowMs = clock.nowMs();
      const lapMs = roundMs(nowMs - lastMs);
      lastMs = nowMs;
      return lapMs;
    },
  };
}

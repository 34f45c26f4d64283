/** The whole way from a request to picture files, stage by stage. */
import { GenerationError } from '#contract/generation-error.ts';
import type { GenerateRequest } from '#contract/generation-request.ts';
import type { Timings } from '#contract/generation-result.ts';
import { pictureSeed, toRecipeTexts } from '#contract/recipe.ts';
import { planSampling } from '../sampling/plan-sampling.ts';
import type { SamplingPlan } from '../sampling/sampling-plan.ts';
import { decodeLatents } from './decode-latents.ts';
import { denoise, RunCanceled } from './denoise.ts';
import { describeImages, roundMs } from './describe-result.ts';
import { encodePrompts } from './encode-prompt.ts';
import { encodePng } from './image-file.ts';
import { prepareConditioning } from './prepare-conditioning.ts';
import { prepareLatents, type CreateNoise } from './prepare-latents.ts';
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
  if (request.startImage !== undefined || request.tile === true) {
    throw new GenerationError(
      'ability-missing',
      'This image function draws from words alone; leave the start image and the tiling out.',
    );
  }
  const runtimeBeforeMs = model.runtimeMs();
  const laps = createLaps(clock, job.startedAtMs);
  const loadModelMs = laps.next();

  const resolved = resolveSettings(request, model);
  const { settings } = resolved;
  const plan = planSampling({ ...settings, scheduler: model.scheduler });
  const prompts = tokenizePrompts(model, settings);
  const notes = [...resolved.notes, ...noteRounding(plan, model), ...prompts.notes];
  run.report({ type: 'job-start', attempt: 1, settings, notes });
  const encoding = await encodePrompts(model, prompts.rows, settings.count);
  const conditioning = prepareConditioning({ model, settings, encoding });
  const encodePromptMs = laps.next();

  const start = prepareLatents({ model, settings, plan, createNoise: job.createNoise });
  const latents = await denoise({ model, settings, plan, start, conditioning, run });
  const denoiseMs = laps.next();

  run.report({ type: 'decode-start' });
  const files: Promise<Buffer>[] = [];
  for await (const picture of decodeLatents(model, latents, settings)) {
    // Not awaited: another thread writes the file while the next picture is decoded.
    const file = encodePng(picture, toRecipeTexts(settings, files.length));
    // Whether it failed is asked below; until then it must not count as an error that nobody handles.
    file.catch(() => undefined);
    files.push(file);
    if (run.isCanceled()) throw new RunCanceled();
  }
  const decodeMs = laps.next();

  const images = await Promise.all(files);
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
  const descriptions = describeImages(images, settings, (index) => pictureSeed(settings, index));
  return {
    status: 'succeeded',
    images,
    result: { images: descriptions, settings, notes, timings },
  };
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

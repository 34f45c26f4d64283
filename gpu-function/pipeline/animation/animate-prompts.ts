/** A walk from one prompt to another as one animated picture. */
import { generateRequestSchema, type AnimateRequest } from '#contract/generation-request.ts';
import { LIMITS } from '#contract/limits.ts';
import { planSampling } from '../../sampling/plan-sampling.ts';
import { RunCanceled } from '../denoise.ts';
import { describeImages, roundMs } from '../describe-result.ts';
import { decodePictures, drawLatents, type Studio } from '../draw.ts';
import { encodePrompts } from '../encode-prompt.ts';
import { encodeAnimation } from '../image-file.ts';
import type { PixelImage } from '../pixels.ts';
import type { Clock, EngineOutcome, EngineRun, ImageModel } from '../ports.ts';
import { createNoiseStreams } from '../prepare-latents.ts';
import { resolveSettings } from '../resolve-settings.ts';
import { tokenizePrompts } from '../tokenize-prompts.ts';
import { walkEncodings } from './walk-embeddings.ts';

export interface AnimationJob {
  request: AnimateRequest;
  model: ImageModel;
  run: EngineRun;
  clock: Clock;
  startedAtMs: number;
}

/** Throws a GenerationError when the job cannot be done. */
export async function animatePrompts(job: AnimationJob): Promise<EngineOutcome> {
  try {
    return await animate(job);
  } catch (error) {
    if (error instanceof RunCanceled) return { status: 'canceled' };
    throw error;
  }
}

async function animate(job: AnimationJob): Promise<EngineOutcome> {
  const { request, model, run, clock } = job;
  const loadedAtMs = clock.nowMs();
  const { toPrompt, toSeed, frames, framesPerSecond, loop, format, ...drawing } = request;
  const asked = generateRequestSchema.parse({ ...drawing, kind: 'generate' });
  const { settings, notes } = resolveSettings(asked, model);
  const plan = planSampling({ ...settings, scheduler: model.scheduler });
  const from = tokenizePrompts(model, settings);
  const to = tokenizePrompts(model, { ...settings, prompt: toPrompt });
  const allNotes = [...new Set([...notes, ...from.notes, ...to.notes])];
  const steps = plan.steps * Math.ceil(frames / LIMITS.count.max);
  run.report({ type: 'job-start', attempt: 1, settings, steps, notes: allNotes });
  const fromEncoding = await encodePrompts(model, from.rows, 1);
  const toEncoding = await encodePrompts(model, to.rows, 1);
  const encodedAtMs = clock.nowMs();

  const pictures: PixelImage[] = [];
  for (const [batch, shares] of toBatches(frames).entries()) {
    const studio: Studio = {
      model,
      settings: { ...settings, count: shares.length },
      plan,
      encoding: walkEncodings(fromEncoding, toEncoding, shares),
      streams: shares.flatMap((share) => createNoiseStreams(toNoise(settings.seed, toSeed, share))),
      run,
    };
    const part = { stepsBefore: batch * plan.steps, stepsInAll: steps };
    const latents = await drawLatents(studio, { size: settings, part });
    for await (const picture of decodePictures(studio, latents)) pictures.push(picture);
  }
  run.report({ type: 'decode-start' });
  const drawnAtMs = clock.nowMs();
  const way = loop ? [...pictures, ...pictures.slice(1, -1).toReversed()] : pictures;
  const delaysMs = way.map(() => Math.round(1_000 / framesPerSecond));
  const clip = await encodeAnimation({ frames: way, delaysMs, format });
  const endedAtMs = clock.nowMs();
  return {
    status: 'succeeded',
    images: [clip.file],
    result: {
      images: describeImages([clip.file], clip, { seedOf: () => settings.seed, format }),
      settings,
      lineage: { action: 'animate' },
      notes: allNotes,
      timings: {
        queueMs: 0,
        loadModelMs: roundMs(loadedAtMs - job.startedAtMs),
        encodePromptMs: roundMs(encodedAtMs - loadedAtMs),
        denoiseMs: roundMs(drawnAtMs - encodedAtMs),
        decodeMs: 0,
        encodeImageMs: roundMs(endedAtMs - drawnAtMs),
        totalMs: roundMs(endedAtMs - job.startedAtMs),
        onnxRunMs: 0,
      },
    },
  };
}

/** Shares of the way, 0 to 1, in batches that a model can draw at once. */
function toBatches(frames: number): number[][] {
  const shares = Array.from({ length: frames }, (_, index) => index / (frames - 1));
  const size = LIMITS.count.max;
  return Array.from({ length: Math.ceil(frames / size) }, (_, batch) =>
    shares.slice(batch * size, (batch + 1) * size),
  );
}

/** The seed's own noise, turned towards the far one's by the share of the way. */
function toNoise(seed: number, toSeed: number | undefined, strength: number) {
  const variations = toSeed === undefined ? undefined : [{ seed: toSeed, strength }];
  return { seed, count: 1, variations };
}

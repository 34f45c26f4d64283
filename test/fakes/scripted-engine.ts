/** An engine without a model: takes as many steps as it is asked for, each of a set length, and draws colours. */
import { createHash } from 'node:crypto';
import { setImmediate, setTimeout as delay } from 'node:timers/promises';
import { GenerationError } from '#contract/generation-error.ts';
import type { GenerateRequest } from '#contract/generation-request.ts';
import type { Preview } from '#contract/job-event.ts';
import type { ModelDescription } from '#contract/model-description.ts';
import type { Engine, EngineOutcome, EngineRun } from '../../gpu-function/pipeline/ports.ts';
import type { EngineSetup } from '../../gpu-function/worker/engine-host.ts';
import { toPng } from './png-writer.ts';

export interface ScriptedEngineOptions {
  /** How long each step keeps the process from doing anything else, as a session's run does. */
  stepMs: number;
  loadMs: number;
  /** Instead of the default model being loaded. */
  setupProblem?: string;
  /** Side of the preview; a large one makes large events. */
  previewSidePx?: number;
}

/** Prompts that make the engine misbehave. */
export const PROMPTS = {
  ignoreCancel: 'a stubborn donkey',
  endProcess: 'a falling glass',
  throwError: 'a broken vase',
  throwGenerationError: 'a flat tyre',
} as const;

const STEPS = 10;
const SIDE_PX = 16;

const MODEL: ModelDescription = {
  id: 'scripted',
  name: 'Scripted',
  description: 'Draws one colour.',
  licence: 'MIT',
  sizeBytes: 0,
  isDefault: true,
  defaults: {
    widthPx: SIDE_PX,
    heightPx: SIDE_PX,
    steps: STEPS,
    guidanceScale: 5,
    guidanceRescale: 0,
    sampler: 'ddim',
    spacing: 'leading',
  },
  samplers: ['ddim'],
  styles: [],
};

export function createScriptedSetup(options: ScriptedEngineOptions): EngineSetup {
  let isLoaded = false;
  return {
    engine: createScriptedEngine(options),
    executionProvider: 'cpu',
    loadedModelId: () => (isLoaded ? MODEL.id : undefined),
    async warmUp() {
      await delay(options.loadMs);
      if (options.setupProblem !== undefined) {
        throw new GenerationError('model-broken', options.setupProblem);
      }
      isLoaded = true;
    },
  };
}

function createScriptedEngine(options: ScriptedEngineOptions): Engine {
  return {
    models: async () => [MODEL],
    run: (run) => draw(run, options),
    close: async () => undefined,
  };
}

async function draw(run: EngineRun, options: ScriptedEngineOptions): Promise<EngineOutcome> {
  const { request } = run.job;
  if (request.kind !== 'generate') throw new Error('The scripted engine only generates.');
  misbehave(request.prompt);
  const steps = request.steps ?? STEPS;
  const settings = toSettings(request, steps);
  run.report({ type: 'job-start', attempt: 1, settings, notes: [] });
  for (let step = 1; step <= steps; step += 1) {
    block(options.stepMs);
    await setImmediate();
    if (run.isCanceled() && request.prompt !== PROMPTS.ignoreCancel) return { status: 'canceled' };
    const preview = toPreview(request.seed + step, options.previewSidePx ?? 4);
    run.report({ type: 'step-end', step, steps, preview });
  }
  run.report({ type: 'decode-start' });
  const images = Array.from({ length: request.count }, (_, n) => paint(request.seed + n, SIDE_PX));
  return { status: 'succeeded', images, result: toResult(images, settings) };
}

function misbehave(prompt: string): void {
  if (prompt === PROMPTS.endProcess) process.kill(process.pid, 'SIGKILL');
  if (prompt === PROMPTS.throwError) throw new Error('secret stack /home/somebody');
  if (prompt === PROMPTS.throwGenerationError) {
    throw new GenerationError('size-unsupported', 'The tyre has no air; choose another one.');
  }
}

/** Nothing else happens in this process meanwhile. */
function block(durationMs: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, durationMs);
}

function paint(seed: number, sidePx: number): Uint8Array {
  const rgb = new Uint8Array(sidePx * sidePx * 3);
  // Noise, so that a large preview stays large when it is compressed.
  let state = seed + 1;
  for (let index = 0; index < rgb.length; index += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    rgb[index] = state >>> 24;
  }
  return toPng({ widthPx: sidePx, heightPx: sidePx, rgb });
}

function toPreview(seed: number, sidePx: number): Preview {
  const base64 = Buffer.from(paint(seed, sidePx)).toString('base64');
  return { mediaType: 'image/png', widthPx: sidePx, heightPx: sidePx, columns: 1, base64 };
}

function toSettings(request: GenerateRequest, steps: number) {
  const { prompt, negativePrompt, seed, count } = request;
  const { widthPx, heightPx, guidanceScale, guidanceRescale } = MODEL.defaults;
  return {
    modelId: MODEL.id,
    modelDigest: '0123456789abcdef',
    prompt,
    negativePrompt,
    seed,
    count,
    steps,
    widthPx,
    heightPx,
    guidanceScale,
    guidanceRescale,
    sampler: 'ddim' as const,
    spacing: 'leading' as const,
  };
}

function toResult(images: readonly Uint8Array[], settings: ReturnType<typeof toSettings>) {
  const timings = {
    queueMs: 0,
    loadModelMs: 0,
    encodePromptMs: 0,
    denoiseMs: 1,
    decodeMs: 0,
    encodeImageMs: 0,
    totalMs: 1,
    onnxRunMs: 0,
  };
  const descriptions = images.map((image, index) => ({
    index,
    seed: settings.seed + index,
    widthPx: SIDE_PX,
    heightPx: SIDE_PX,
    mediaType: 'image/png' as const,
    sizeBytes: image.byteLength,
    sha256: createHash('sha256').update(image).digest('hex'),
  }));
  return { images: descriptions, settings, timings, notes: [] };
}

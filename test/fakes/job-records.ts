/** Job records and results as tests need them: valid by the contract, small, and different where it matters. */
import { createHash } from 'node:crypto';
import type { GenerateRequest } from '#contract/generation-request.ts';
import type { GenerationResult, Settings, Timings } from '#contract/generation-result.ts';
import type { JobState } from '#contract/job-state.ts';
import type { JobRecord } from '../../bot/core/ports.ts';
import { createRequest } from './create-request.ts';

export const TEST_TIMINGS: Timings = {
  queueMs: 500,
  loadModelMs: 200,
  encodePromptMs: 10,
  denoiseMs: 700,
  decodeMs: 80,
  encodeImageMs: 10,
  totalMs: 1_500,
  onnxRunMs: 780,
};

/** A grid of four, as a chat asks for it. */
export function makeRequest(changes: Partial<GenerateRequest> = {}): GenerateRequest {
  return createRequest({ count: 4, ...changes });
}

export function makeSettings(request: GenerateRequest): Settings {
  return {
    modelId: 'tiny',
    modelDigest: '0123456789abcdef',
    prompt: request.prompt,
    negativePrompt: request.negativePrompt,
    widthPx: 128,
    heightPx: 128,
    seed: request.seed,
    count: request.count,
    steps: request.steps ?? 20,
    guidanceScale: request.guidanceScale ?? 5,
    guidanceRescale: request.guidanceRescale ?? 0,
    sampler: request.sampler ?? 'dpmpp-2m',
    spacing: request.spacing ?? 'karras',
    variations: request.variations,
  };
}

/** Not a picture, but bytes that tell which request and which picture they are of. */
export function makePicture(request: unknown, index: number): Uint8Array {
  return createHash('sha512')
    .update(JSON.stringify([request, index]))
    .digest();
}

export function makeResult(request: GenerateRequest, notes: string[] = []): GenerationResult {
  return {
    images: Array.from({ length: request.count }, (_, index) => ({
      index,
      seed: request.seed + index,
      widthPx: 128,
      heightPx: 128,
      mediaType: 'image/png',
      sizeBytes: 64,
      sha256: createHash('sha256').update(makePicture(request, index)).digest('hex'),
    })),
    settings: makeSettings(request),
    timings: TEST_TIMINGS,
    notes,
  };
}

export function makeSucceeded(request: GenerateRequest = makeRequest()): JobState {
  return { status: 'succeeded', result: makeResult(request) };
}

export function makeRecord(changes: Partial<JobRecord> = {}): JobRecord {
  return {
    id: 'job-1',
    request: makeRequest(),
    command: 'a red apple --seed 7',
    user: { id: 'ada', name: 'Ada' },
    place: { platform: 'web', channelId: 'general' },
    lineage: undefined,
    createdAtMs: 1_000,
    updatedAtMs: 1_000,
    state: { status: 'queued' },
    ...changes,
  };
}

/** A picture that a person attached, as a job of its own: from then on its buttons work like those of any other. */
import { createHash } from 'node:crypto';
import type { GenerateRequest } from '#contract/generation-request.ts';
import type { Timings } from '#contract/generation-result.ts';
import type { ImageSource } from '#contract/image-source.ts';
import type { JobState } from '#contract/job-state.ts';
import { LIMITS } from '#contract/limits.ts';
import { readPngTexts } from '#contract/png-text.ts';
import { readRecipe } from '#contract/recipe.ts';
import { STRENGTHS } from '#contract/strengths.ts';
import type { NewJob } from './accept-job.ts';
import { CommandError } from './command-error.ts';
import { toUpscaled } from './derive-request.ts';
import { formatCommand } from './format-command.ts';
import { toJobId } from './job-id.ts';
import { keepAttachment } from './keep-attachment.ts';
import { toSource } from './picture-source.ts';
import type { Clock, ImageStore, JobRecord, JobStore, RandomSource } from './ports.ts';
import { readPngSize } from './png-size.ts';
import type { Attachment, PictureMessage } from './service.ts';

export interface ImportOptions {
  jobStore: JobStore;
  imageStore: ImageStore;
  clock: Clock;
  random: RandomSource;
}

const NO_TIME: Timings = {
  queueMs: 0,
  loadModelMs: 0,
  encodePromptMs: 0,
  denoiseMs: 0,
  decodeMs: 0,
  encodeImageMs: 0,
  totalMs: 0,
  onnxRunMs: 0,
};

export type ImportedPicture =
  /** The finished job that stands for the picture; the same file of the same person is the same job. */
  | { kind: 'known'; record: JobRecord }
  /** A picture without a recipe, and what is to be done with it. */
  | { kind: 'stranger'; job: NewJob };

/** Words for a picture that nobody described: they leave everything to the picture itself. */
const STRANGER_PROMPT = 'a picture';

/** Throws CommandError for files without a recipe of which only the recipe was wanted, and for what is no picture. */
export async function importPicture(
  message: PictureMessage,
  attachment: Attachment,
  { jobStore, imageStore, clock, random }: ImportOptions,
): Promise<ImportedPicture> {
  const { user, place, action } = message;
  const { bytes, name } = attachment;
  const picture = await keepAttachment(attachment, message, imageStore);
  const request = readRecipe(readPngTexts(bytes));
  if (request !== undefined) {
    const nowMs = clock.nowMs();
    const record: JobRecord = {
      id: picture.jobId,
      request,
      command: formatCommand(request),
      user: { id: user.id, name: user.name },
      place,
      createdAtMs: nowMs,
      updatedAtMs: nowMs,
      answeredAtMs: nowMs,
      state: toSucceeded(request, bytes),
    };
    await jobStore.insert(record);
    return { kind: 'known', record: (await jobStore.get(record.id)) ?? record };
  }
  if (action === 'show') {
    throw new CommandError(
      `${name} holds no recipe; only PNG files that this bot or a WebUI made, and that no chat has re-encoded, do.`,
    );
  }
  const image = toSource(picture);
  const made =
    action === 'upscale' ? toUpscaled(image, 2) : toVaried(image, message.text, random());
  const command = made.kind === 'upscale' ? STRANGER_PROMPT : formatCommand(made);
  const id = toJobId(place.platform, message.deliveryId);
  return { kind: 'stranger', job: { id, request: made, command, user, place } };
}

function toSucceeded(request: GenerateRequest, bytes: Uint8Array): JobState {
  const image = {
    index: 0,
    seed: request.seed,
    ...readPngSize(bytes),
    mediaType: 'image/png' as const,
    sizeBytes: bytes.byteLength,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  };
  return { status: 'succeeded', result: { images: [image], timings: NO_TIME, notes: [] } };
}

function toVaried(
  startImage: ImageSource,
  text: string | undefined,
  seed: number,
): GenerateRequest {
  return {
    kind: 'generate',
    prompt: text?.trim() || STRANGER_PROMPT,
    negativePrompt: '',
    size: { kind: 'default' },
    seed,
    count: LIMITS.count.max,
    startImage,
    strength: STRENGTHS.imageToImage.default,
  };
}

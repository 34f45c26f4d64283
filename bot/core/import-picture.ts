/** A picture that a person attached, as a job of its own: from then on its buttons work like those of any other. */
import { createHash } from 'node:crypto';
import type { GenerateRequest } from '#contract/generation-request.ts';
import type { Timings } from '#contract/generation-result.ts';
import { LIMITS } from '#contract/limits.ts';
import { readPngTexts } from '#contract/png-text.ts';
import { readRecipe } from '#contract/recipe.ts';
import { CommandError } from './command-error.ts';
import { formatCommand } from './format-command.ts';
import { toJobId } from './job-id.ts';
import type { Clock, ImageStore, JobRecord, JobStore } from './ports.ts';
import { readPngSize } from './png-size.ts';
import type { Asker, Attachment } from './service.ts';

export interface ImportOptions {
  jobStore: JobStore;
  imageStore: ImageStore;
  clock: Clock;
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

/**
 * The finished job that stands for the picture. The same file of the same person is the same job. Throws CommandError
 * for files without a recipe, with the remedy.
 */
export async function importPicture(
  { bytes, name }: Attachment,
  { user, place }: Asker,
  { jobStore, imageStore, clock }: ImportOptions,
): Promise<JobRecord> {
  const request = readRequest(bytes, name);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const id = toJobId(place.platform, `picture ${user.id} ${sha256}`);
  const size = readPngSize(bytes);
  const nowMs = clock.nowMs();
  const image = {
    index: 0,
    seed: request.seed,
    ...size,
    mediaType: 'image/png' as const,
    sizeBytes: bytes.byteLength,
    sha256,
  };
  const record: JobRecord = {
    id,
    request,
    command: formatCommand(request),
    user: { id: user.id, name: user.name },
    place,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    answeredAtMs: nowMs,
    state: {
      status: 'succeeded',
      result: { images: [image], timings: NO_TIME, notes: [] },
    },
  };
  // The picture first: a job without its picture would be a lie.
  await imageStore.put(id, 0, bytes);
  await jobStore.insert(record);
  return (await jobStore.get(id)) ?? record;
}

function readRequest(bytes: Uint8Array, name: string): GenerateRequest {
  if (bytes.byteLength > LIMITS.imageBytes) {
    const mebibytes = LIMITS.imageBytes / 1024 / 1024;
    throw new CommandError(`${name} is larger than ${mebibytes} MiB; send a smaller file.`);
  }
  const request = readRecipe(readPngTexts(bytes));
  if (request !== undefined) return request;
  throw new CommandError(
    `${name} holds no recipe; only PNG files that this bot or a WebUI made, and that no chat has re-encoded, do.`,
  );
}

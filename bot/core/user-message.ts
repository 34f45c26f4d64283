/** Any error → the sentence a person reads. Errors nobody foresaw keep their text for the log. */
import { GenerationError, toGenerationError } from '#contract/generation-error.ts';
import { CommandError } from './command-error.ts';

/** Whether the error carries a sentence that was written for people. */
export const isForeseen = (thrown: unknown): boolean =>
  thrown instanceof CommandError || thrown instanceof GenerationError;

export function toUserMessage(thrown: unknown): string {
  if (thrown instanceof CommandError) return thrown.message;
  if (thrown instanceof GenerationError) return thrown.message;
  return 'Something went wrong inside the bot; its log has the details. Try again in a moment.';
}

/** A store's failure as a job's error: full disks get the remedy that helps. */
export function toStorageError(thrown: unknown): GenerationError {
  const known = toGenerationError(thrown);
  if (known.code === 'storage-failed') return known;
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
  const message =
    code === 'ENOSPC' || code === 'EDQUOT'
      ? "The pictures could not be stored because the bot's disk is full; free some space, then press Retry."
      : 'The pictures could not be stored; the log of the bot says why. Press Retry when that is mended.';
  return new GenerationError('storage-failed', message, { isRetryable: true, cause: thrown });
}

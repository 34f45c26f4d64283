/** The refusal of a combination of sampler, schedule and numbers that cannot be drawn. */
import { GenerationError } from '#contract/generation-error.ts';

/** @param message one sentence that names the value and the remedy */
export function unsupported(message: string): GenerationError {
  return new GenerationError('sampler-unsupported', message);
}

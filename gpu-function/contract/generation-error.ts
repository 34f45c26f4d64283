/** What can go wrong with a job. `code` is stable and for programs, `message` is one sentence for a person. */
import * as z from 'zod';

const GENERATION_ERROR_CODES = [
  'invalid-request',
  'model-unknown',
  'model-broken',
  'size-unsupported',
  'sampler-unsupported',
  'style-unknown',
  'image-unreadable',
  'image-unknown',
  'mask-unusable',
  'ability-missing',
  'upscaler-unknown',
  'queue-full',
  'job-conflict',
  'job-unknown',
  'not-ready',
  'out-of-memory',
  'engine-crashed',
  'engine-timeout',
  'storage-failed',
  'unreachable',
  'internal',
] as const;
export type GenerationErrorCode = (typeof GENERATION_ERROR_CODES)[number];

export const errorBodySchema = z.strictObject({
  code: z.enum(GENERATION_ERROR_CODES),
  /** Names the value and the remedy. Never holds a secret or a path outside the model folder. */
  message: z.string(),
  /** Whether the same job may succeed when it is simply tried again. */
  isRetryable: z.boolean(),
});
export type ErrorBody = z.infer<typeof errorBodySchema>;

export class GenerationError extends Error {
  override readonly name = 'GenerationError';
  readonly code: GenerationErrorCode;
  readonly isRetryable: boolean;

  constructor(
    code: GenerationErrorCode,
    message: string,
    options: { isRetryable?: boolean; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.code = code;
    this.isRetryable = options.isRetryable ?? false;
  }

  toBody(): ErrorBody {
    return { code: this.code, message: this.message, isRetryable: this.isRetryable };
  }
}

/** Any thrown value as an error that may be shown: unknown ones lose their text, which could hold anything. */
export function toGenerationError(thrown: unknown): GenerationError {
  if (thrown instanceof GenerationError) return thrown;
  return new GenerationError(
    'internal',
    'Something went wrong inside the image function; its log has the details. Try again.',
    { isRetryable: true, cause: thrown },
  );
}

/** How an error looks over HTTP: a status and one sentence as `ErrorBody`, never a stack. */
import {
  GenerationError,
  toGenerationError,
  type GenerationErrorCode,
} from '#contract/generation-error.ts';

const STATUS_OF_CODE: Readonly<Record<GenerationErrorCode, number>> = {
  'invalid-request': 422,
  'model-unknown': 422,
  'model-broken': 503,
  'size-unsupported': 422,
  'sampler-unsupported': 422,
  'style-unknown': 422,
  'image-unreadable': 422,
  'image-unknown': 422,
  'mask-unusable': 422,
  'ability-missing': 422,
  'upscaler-unknown': 422,
  'queue-full': 429,
  'job-conflict': 409,
  'job-unknown': 404,
  'not-ready': 503,
  'out-of-memory': 503,
  'engine-crashed': 503,
  'engine-timeout': 503,
  'storage-failed': 503,
  unreachable: 503,
  internal: 500,
};

/** A refusal with a status of its own, where the code alone does not say it. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly status: number;
  readonly error: GenerationError;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
    this.error = new GenerationError('invalid-request', message);
  }
}

export function toErrorResponse(thrown: unknown): Response {
  const error = thrown instanceof HttpError ? thrown.error : toGenerationError(thrown);
  const status = thrown instanceof HttpError ? thrown.status : STATUS_OF_CODE[error.code];
  const headers = new Headers();
  if (status === 401) headers.set('WWW-Authenticate', 'Bearer');
  if (status === 429 || status === 503) headers.set('Retry-After', '5');
  return Response.json(error.toBody(), { status, headers });
}

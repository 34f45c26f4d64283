/** Reads a request's JSON body and stops as soon as it is larger than allowed, whatever its headers said. */
import { GenerationError } from '#contract/generation-error.ts';
import { HttpError } from './http-error.ts';

export interface BodyLimits {
  bodyBytesMax: number;
  /** All bodies that are being read at the same time. */
  totalBytesMax: number;
}

/** A function that parses one body. Throws HttpError 400 or 413, or GenerationError `queue-full`. */
export function createJsonReader(limits: BodyLimits): (request: Request) => Promise<unknown> {
  let totalBytes = 0;

  const collect = async (body: ReadableStream<Uint8Array>) => {
    const chunks: Uint8Array[] = [];
    // A reader, for leaving a loop over the body would destroy the connection before the refusal went out.
    const reader = body.getReader();
    let bodyBytes = 0;
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return chunks;
        bodyBytes += value.byteLength;
        totalBytes += value.byteLength;
        if (bodyBytes > limits.bodyBytesMax) throw toTooLarge(limits.bodyBytesMax);
        if (totalBytes > limits.totalBytesMax) throw toTooMany();
        chunks.push(value);
      }
    } finally {
      totalBytes -= bodyBytes;
      reader.releaseLock();
    }
  };

  return async (request) => {
    const announced = Number(request.headers.get('content-length') ?? 0);
    if (announced > limits.bodyBytesMax) throw toTooLarge(limits.bodyBytesMax);
    const chunks = request.body === null ? [] : await collect(request.body);
    return parseJson(Buffer.concat(chunks).toString('utf8'));
  };
}

function parseJson(text: string): unknown {
  if (text.trim() === '') throw new HttpError(400, 'The body is empty; send the job as JSON.');
  try {
    return JSON.parse(text);
  } catch {
    throw new HttpError(400, 'The body is not valid JSON; check its quotes, commas and brackets.');
  }
}

function toTooLarge(bytesMax: number): HttpError {
  return new HttpError(
    413,
    `The body is larger than ${bytesMax} bytes; send a smaller picture or a shorter text.`,
  );
}

function toTooMany(): GenerationError {
  return new GenerationError(
    'queue-full',
    'Too many large requests are being read at the same time; try again in a moment.',
    { isRetryable: true },
  );
}

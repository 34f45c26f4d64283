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

  const collect = async (body: ReadableStream<Uint8Array>, chunks: Uint8Array[]) => {
    let bodyBytes = 0;
    try {
      for await (const chunk of body) {
        bodyBytes += chunk.byteLength;
        totalBytes += chunk.byteLength;
        if (bodyBytes > limits.bodyBytesMax) throw toTooLarge(limits.bodyBytesMax);
        if (totalBytes > limits.totalBytesMax) throw toTooMany();
        chunks.push(chunk);
      }
    } finally {
      totalBytes -= bodyBytes;
    }
  };

  return async (request) => {
    const announced = Number(request.headers.get('content-length') ?? 0);
    if (announced > limits.bodyBytesMax) throw toTooLarge(limits.bodyBytesMax);
    const chunks: Uint8Array[] = [];
    if (request.body !== null) await collect(request.body, chunks);
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

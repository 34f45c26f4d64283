/** One HTTP call to the function: bearer token, timeout, tries again while it cannot be reached, errors in its words. */
import { errorBodySchema, GenerationError } from '#contract/generation-error.ts';
import { parseJson } from './parse-json.ts';
import { createRetry, showUrl, type Retry } from './retry.ts';

/** Where the function is. The token is for its Authorization header and goes nowhere else. */
export interface Endpoint {
  url: string;
  token?: string | undefined;
}

export interface CallerOptions {
  /** Asked again for every try where it is a function: a restarted function has another address. */
  endpoint: Endpoint | (() => Promise<Endpoint>);
  /** How long a function that cannot be reached is tried again before the call fails. */
  giveUpAfterMs?: number;
  fetch?: typeof fetch;
  /** 0 <= value < 1, spreads the tries of many callers. */
  random?: () => number;
  /** Ends every call for good, so that nothing keeps a stopping bot waiting. */
  closing?: AbortSignal | undefined;
}

interface Call {
  method: 'GET' | 'PUT' | 'DELETE';
  path: string;
  /** JSON text. */
  body?: string;
  timeoutMs?: number;
}

export interface HttpCaller {
  /** The answer's bytes. Throws the function's own GenerationError, or `unreachable`. */
  call(call: Call): Promise<Uint8Array>;
  /** Opens an event stream once, without trying again. */
  openStream(
    path: string,
    lastEventId: string,
    signal: AbortSignal,
  ): Promise<ReadableStream<Uint8Array>>;
  createRetry(signal?: AbortSignal): Retry;
  /** For an answer that is not what the contract says. */
  toUnexpected(cause: unknown): GenerationError;
}

const GIVE_UP_AFTER_MS = 30_000;
const CALL_TIMEOUT_MS = 15_000;
const ANSWER_BYTES_MAX = 128 * 1024 * 1024;

export function createHttpCaller(options: CallerOptions): HttpCaller {
  const { giveUpAfterMs = GIVE_UP_AFTER_MS, random = Math.random, closing } = options;
  let lastUrl = '';

  const request = async (call: Call, headers: Record<string, string>, signal: AbortSignal) => {
    const endpoint =
      typeof options.endpoint === 'function' ? await options.endpoint() : options.endpoint;
    lastUrl = endpoint.url;
    const response = await (options.fetch ?? fetch)(toAddress(endpoint.url, call.path), {
      method: call.method,
      headers: {
        ...headers,
        ...toCredentials(endpoint),
        ...(call.body !== undefined && { 'Content-Type': 'application/json' }),
      },
      ...(call.body !== undefined && { body: call.body }),
      signal,
    });
    if (!response.ok) throw await toError(response);
    return response;
  };

  const retry = (signal?: AbortSignal) =>
    createRetry({ giveUpAfterMs, random, signal, currentUrl: () => lastUrl });

  const toUnexpected = (cause: unknown) =>
    new GenerationError(
      'internal',
      `The image function at ${showUrl(lastUrl)} gave an answer that this version does not understand; run the same version of both.`,
      { cause },
    );

  const call = async (call: Call) => {
    const trouble = retry(closing);
    for (;;) {
      if (closing?.aborted === true) throw toClosed();
      try {
        const timeout = AbortSignal.timeout(call.timeoutMs ?? CALL_TIMEOUT_MS);
        const signal = closing === undefined ? timeout : AbortSignal.any([timeout, closing]);
        return await readBytes(await request(call, {}, signal));
      } catch (error) {
        if (error instanceof GenerationError) throw error;
        await trouble.waitOrThrow(error);
      }
    }
  };

  return {
    call,
    async openStream(path, lastEventId, signal) {
      const accept = { Accept: 'text/event-stream' };
      const headers = lastEventId === '' ? accept : { ...accept, 'Last-Event-ID': lastEventId };
      const response = await request({ method: 'GET', path }, headers, signal);
      if (response.body === null) throw new Error('The event stream has no body.');
      return response.body;
    },
    createRetry: retry,
    toUnexpected,
  };
}

/** The address of a path below the function's own, which may have a path itself behind a proxy. */
function toAddress(url: string, path: string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname.replace(/\/+$/, '')}${path}`;
}

/** The token, or else a user name and password in the address, which a proxy may want and fetch does not send itself. */
function toCredentials({ url, token }: Endpoint): Record<string, string> {
  if (token !== undefined) return { Authorization: `Bearer ${token}` };
  const { username, password } = new URL(url);
  if (username === '') return {};
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { Authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}

/** The function's own error, or a plain Error (to be tried again) for what a proxy between says. */
async function toError(response: Response): Promise<Error> {
  const text = Buffer.from(await readBytes(response)).toString('utf8');
  const parsed = errorBodySchema.safeParse(parseJson(text));
  if (parsed.success) {
    const { code, message, isRetryable } = parsed.data;
    return new GenerationError(code, message, { isRetryable });
  }
  if (response.status >= 500) return new Error(`HTTP status ${response.status}`);
  return new GenerationError(
    'unreachable',
    `${showUrl(response.url)} answered with HTTP status ${response.status}, as no image function does; check GPU_FUNCTION_URL.`,
  );
}

async function readBytes(response: Response): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of response.body ?? []) {
    sizeBytes += chunk.byteLength;
    if (sizeBytes > ANSWER_BYTES_MAX) throw toTooLarge(response.url);
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}

function toTooLarge(url: string): GenerationError {
  return new GenerationError(
    'internal',
    `${showUrl(url)} gave an answer of more than ${ANSWER_BYTES_MAX} bytes, as no image function does; check GPU_FUNCTION_URL.`,
  );
}

function toClosed(): GenerationError {
  return new GenerationError('unreachable', 'The bot is stopping; try again when it is back.', {
    isRetryable: true,
  });
}

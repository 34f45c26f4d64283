/** GET over HTTP for large files: redirects in sight, a token for one host alone, patience with an end. */
import { FetchError } from './byte-source.ts';

const REDIRECTS_MAX = 5;
const HEADERS_TIMEOUT_MS = 60_000;
/** Silence in the middle of a body after which the connection is given up and made anew. */
const IDLE_TIMEOUT_MS = 30_000;

export interface HttpClientOptions {
  /** The token is sent to this origin, and to no other that a redirect may name. */
  origin: string;
  token: string | undefined;
  idleTimeoutMs?: number;
}

export interface HttpAnswer {
  status: number;
  headers: Headers;
  /** Headers of the redirects on the way, first one first. */
  redirects: readonly Headers[];
  /** The body in pieces; ends early when the connection is cut, throws a FetchError when it stalls. */
  body(): AsyncIterable<Uint8Array>;
  /** Gives the connection up without reading. */
  discard(): Promise<void>;
}

export interface HttpClient {
  /** Throws a FetchError when nobody answers; a status is no error here. */
  get(
    url: string,
    options: { headers?: Record<string, string>; signal: AbortSignal },
  ): Promise<HttpAnswer>;
}

export function createHttpClient(options: HttpClientOptions): HttpClient {
  return {
    async get(url, { headers = {}, signal }) {
      const redirects: Headers[] = [];
      let address = new URL(url);
      for (;;) {
        const stopper = new AbortController();
        const timer = setTimeout(() => stopper.abort(toStall(address)), HEADERS_TIMEOUT_MS);
        const both = AbortSignal.any([signal, stopper.signal]);
        const response = await request(
          address,
          { ...headers, ...authorize(address, options) },
          both,
        ).finally(() => clearTimeout(timer));
        const next = redirectOf(response, address);
        if (next === undefined) return toAnswer(response, { redirects, address, stopper, options });
        await response.body?.cancel();
        redirects.push(response.headers);
        if (redirects.length > REDIRECTS_MAX) {
          throw new FetchError(
            `${address.host} sends from one address to the next without end; check the address.`,
          );
        }
        address = next;
      }
    },
  };
}

function authorize(address: URL, { origin, token }: HttpClientOptions): Record<string, string> {
  const isHome = address.origin === origin;
  return token !== undefined && isHome ? { authorization: `Bearer ${token}` } : {};
}

async function request(
  address: URL,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<Response> {
  try {
    return await fetch(address, {
      // Lengths and ranges count the file's own bytes.
      headers: { 'accept-encoding': 'identity', 'user-agent': 'imagine-models', ...headers },
      redirect: 'manual',
      signal,
    });
  } catch (cause) {
    signal.throwIfAborted();
    throw toUnreachable(address, cause);
  }
}

function toUnreachable(address: URL, cause: unknown): FetchError {
  const inner = (cause as Error).cause as NodeJS.ErrnoException | undefined;
  const reason = inner?.code ?? inner?.message ?? 'no answer';
  return new FetchError(
    `${address.host} cannot be reached (${reason}); check the network and the address.`,
    { isRetryable: true, cause },
  );
}

const toStall = (address: URL) =>
  new FetchError(
    `${address.host} went silent; run the same command again, it goes on where it stopped.`,
    {
      isRetryable: true,
    },
  );

/** Where it sends on; undefined when this is the answer itself. */
function redirectOf(response: Response, from: URL): URL | undefined {
  if (![301, 302, 303, 307, 308].includes(response.status)) return undefined;
  const location = response.headers.get('location') ?? '';
  const next = URL.canParse(location, from.href) ? new URL(location, from.href) : undefined;
  if (next === undefined || !/^https?:$/.test(next.protocol)) {
    throw new FetchError(`${from.host} sends on to no address at all; try again later.`);
  }
  if (from.protocol === 'https:' && next.protocol === 'http:') {
    throw new FetchError(
      `${from.host} sends on to ${next.host} without encryption; it is not followed.`,
    );
  }
  return next;
}

interface AnswerContext {
  redirects: readonly Headers[];
  address: URL;
  stopper: AbortController;
  options: HttpClientOptions;
}

function toAnswer(response: Response, context: AnswerContext): HttpAnswer {
  return {
    status: response.status,
    headers: response.headers,
    redirects: context.redirects,
    body: () => readBody(response, context),
    async discard() {
      await response.body?.cancel().catch(() => undefined);
    },
  };
}

async function* readBody(
  response: Response,
  { address, stopper, options }: AnswerContext,
): AsyncGenerator<Uint8Array> {
  if (response.body === null) return;
  const idleMs = options.idleTimeoutMs ?? IDLE_TIMEOUT_MS;
  const watch = () => setTimeout(() => stopper.abort(toStall(address)), idleMs);
  let timer = watch();
  try {
    for await (const bytes of response.body) {
      // The time that the disk takes is not the server's silence.
      clearTimeout(timer);
      yield bytes as Uint8Array;
      timer = watch();
    }
  } catch (cause) {
    if (cause instanceof FetchError) throw cause;
    stopper.signal.throwIfAborted();
    throw new FetchError(
      `${address.host} cut the connection; run the same command again, it goes on where it stopped.`,
      {
        isRetryable: true,
        cause,
      },
    );
  } finally {
    clearTimeout(timer);
  }
}

/** Seconds or a date, as milliseconds from now; undefined when it says neither. */
export function readRetryAfterMs(headers: Headers, nowMs: number): number | undefined {
  const value = headers.get('retry-after');
  if (value === null) return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1_000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs);
}

/** A whole body as text. Throws a FetchError when it is longer than so many bytes. */
export async function readText(
  answer: HttpAnswer,
  bytesMax: number,
  what: string,
): Promise<string> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const bytes of answer.body()) {
    length += bytes.byteLength;
    if (length > bytesMax)
      throw new FetchError(`${what} is longer than any such answer; it is not read.`);
    pieces.push(bytes);
  }
  return Buffer.concat(pieces).toString('utf8');
}

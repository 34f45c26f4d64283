/** The REST side over real HTTP: tokens, multipart, buckets, faults, errors. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { ApiError } from './api-error.ts';
import { TooManyOldEdits } from './bot-routes.ts';
import type { Faults } from './faults.ts';
import type { MessageBody, Upload } from './message-rules.ts';
import type { RateLimiter } from './rate-limiter.ts';
import { findRoute, type Route, type RouteParts } from './routes.ts';
import type { Json } from './world.ts';

const API_PREFIX = '/api/v10';
const OLD_EDITS_RETRY_SECONDS = 30;

export interface ServerParts extends RouteParts {
  botToken: string;
  limiter: RateLimiter;
  faults: Faults;
  /** `POST /channels/1/messages` and the status of the answer, oldest first. */
  log: { request: string; status: number; atMs: number }[];
}

export async function startServer(
  toParts: (origin: () => string) => ServerParts,
): Promise<{ server: Server; origin: string; parts: ServerParts }> {
  let origin = '';
  const parts = toParts(() => origin);
  const server = createServer((request, response) => {
    void answer(request, response, parts).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { server, origin, parts };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  parts: ServerParts,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost');
  if (url.pathname.startsWith('/attachments/')) {
    sendFile(response, parts.board.read(url.pathname, url.searchParams));
    return;
  }
  const path = url.pathname.slice(API_PREFIX.length);
  const line = `${request.method} ${path}`;
  const fault = parts.faults.take(line);
  if (fault?.kind === 'cut') {
    request.socket.destroy();
    return;
  }
  const raw = await buffer(request);
  const sent = await handle({ request, url, path, raw, line, fault }, parts);
  parts.log.push({ request: line, status: sent.status, atMs: parts.world.clock.nowMs() });
  if ([401, 403, 429].includes(sent.status)) parts.limiter.countInvalid();
  if (fault?.kind === 'cut-after') {
    request.socket.destroy();
    return;
  }
  response.writeHead(sent.status, { 'content-type': 'application/json', ...sent.headers });
  response.end(sent.status === 204 ? undefined : JSON.stringify(sent.body));
}

interface Incoming {
  request: IncomingMessage;
  url: URL;
  path: string;
  raw: Buffer;
  line: string;
  fault: ReturnType<Faults['take']>;
}

interface Outgoing {
  status: number;
  headers: Record<string, string>;
  body: Json;
}

async function handle(incoming: Incoming, parts: ServerParts): Promise<Outgoing> {
  const { request, url, path, raw, fault } = incoming;
  if (parts.limiter.isBanned()) return toError(new ApiError('banned'));
  if (fault?.kind === 'bad-gateway') return { status: 502, headers: {}, body: 'Bad Gateway' };
  if (fault?.kind === 'refuse') return toRefusal(fault.retryAfterMs ?? 1_000, false);
  const found = url.pathname.startsWith(API_PREFIX)
    ? findRoute(request.method ?? 'GET', path)
    : undefined;
  if (found === undefined) return toError(new ApiError('notFound'));
  const { route, values } = found;
  if (route.isForBot && request.headers.authorization !== `Bot ${parts.botToken}`) {
    return toError(new ApiError('unauthorized'));
  }
  const verdict =
    route.bucket === undefined
      ? { headers: {}, isGlobal: false }
      : parts.limiter.admit(route.bucket, route.pattern, toMajor(route, values));
  if ('retryAfterMs' in verdict && verdict.retryAfterMs !== undefined) {
    const refusal = toRefusal(verdict.retryAfterMs, verdict.isGlobal);
    return { ...refusal, headers: { ...verdict.headers, ...refusal.headers } };
  }
  try {
    const body = await readBody(request.headers['content-type'], raw);
    const result: Json = route.run({ values, body, query: url.searchParams }, parts);
    const status = result === undefined ? 204 : 200;
    return { status, headers: verdict.headers, body: result };
  } catch (error) {
    const failed = toError(error);
    return { ...failed, headers: { ...verdict.headers, ...failed.headers } };
  }
}

const toMajor = (route: Route, values: readonly string[]): string =>
  route.bucket === 'webhook' ? values.slice(0, 2).join(':') : (values[0] ?? '');

function toRefusal(retryAfterMs: number, isGlobal: boolean): Outgoing {
  const seconds = retryAfterMs / 1_000;
  return {
    status: 429,
    headers: {
      'retry-after': String(Math.ceil(seconds * 1_000) / 1_000),
      'x-ratelimit-scope': isGlobal ? 'global' : 'user',
      ...(isGlobal && { 'x-ratelimit-global': 'true' }),
    },
    body: { message: 'You are being rate limited.', retry_after: seconds, global: isGlobal },
  };
}

function toError(error: unknown): Outgoing {
  if (error instanceof TooManyOldEdits) {
    const body = { code: 30_046, message: 'Maximum number of edits to messages older than 1 hour' };
    const headers = { 'retry-after': String(OLD_EDITS_RETRY_SECONDS) };
    return { status: 429, headers, body: { ...body, retry_after: OLD_EDITS_RETRY_SECONDS } };
  }
  if (!(error instanceof ApiError)) throw error;
  const { status, code, message } = error;
  return { status, headers: {}, body: { code, message } };
}

async function readBody(contentType: string | undefined, raw: Buffer): Promise<MessageBody> {
  if (raw.byteLength === 0) return { json: {}, uploads: [] };
  if (contentType?.startsWith('multipart/form-data') !== true) {
    return { json: JSON.parse(raw.toString()), uploads: [] };
  }
  const headers = { 'content-type': contentType };
  const form = await new Response(new Uint8Array(raw), { headers }).formData();
  const uploads: Upload[] = [];
  for (const [name, value] of form) {
    const index = /^files\[(\d+)\]$/.exec(name)?.[1];
    if (index === undefined || typeof value === 'string') continue;
    const bytes = new Uint8Array(await value.arrayBuffer());
    uploads.push({ index, filename: value.name, contentType: value.type, bytes });
  }
  const payload = form.get('payload_json');
  return { json: typeof payload === 'string' ? JSON.parse(payload) : {}, uploads };
}

function sendFile(
  response: ServerResponse,
  file: { bytes: Uint8Array; contentType: string } | undefined,
): void {
  if (file === undefined) {
    response.writeHead(404).end('This content is no longer available.');
    return;
  }
  response.writeHead(200, {
    'content-type': file.contentType,
    'content-length': file.bytes.byteLength,
  });
  response.end(file.bytes);
}

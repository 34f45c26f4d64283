/** The fake's one HTTP server: Web API, uploads, downloads, response addresses, and the WebSocket door. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ApiError } from './api-call.ts';
import { sniffMimetype } from './file-methods.ts';
import type { SocketMode } from './socket-mode.ts';
import type { Triggers } from './triggers.ts';
import type { WebApi } from './web-api.ts';
import { BOT_TOKEN, type SlackWorkspace } from './workspace.ts';

export interface ServerParts {
  workspace: SlackWorkspace;
  webApi: WebApi;
  triggers: Triggers;
  socketMode: SocketMode;
}

export async function listenOnLoopback(
  parts: ServerParts,
): Promise<{ server: Server; url: string }> {
  const server = createServer((request, response) => {
    void readBody(request).then((body) => route(parts, { request, response, body }));
  });
  server.on('upgrade', (request, socket, head) => parts.socketMode.upgrade(request, socket, head));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  body: Buffer;
}

function route(parts: ServerParts, exchange: Exchange): void {
  const { request, response } = exchange;
  const path = new URL(request.url ?? '/', 'http://localhost').pathname;
  const [, kind, name = ''] = path.split('/');
  if (kind === 'api') callMethod(parts, exchange, name);
  else if (kind === 'upload') takeUpload(parts, exchange, name);
  else if (kind === 'files') giveFile(parts, exchange, name);
  else if (kind === 'commands') respond(parts, exchange, name);
  else response.writeHead(404).end();
}

function callMethod(
  { webApi }: ServerParts,
  { request, response, body }: Exchange,
  method: string,
): void {
  const answer = webApi.handle({ method, headers: request.headers, body });
  if (answer.kind === 'cut') {
    request.socket.destroy();
    return;
  }
  response
    .writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers })
    .end(JSON.stringify(answer.body));
}

function takeUpload(
  { workspace }: ServerParts,
  { request, response, body }: Exchange,
  id: string,
): void {
  const file = workspace.files.get(id);
  if (file === undefined || file.bytes !== undefined) {
    response.writeHead(404).end();
    return;
  }
  if (request.headers['authorization'] !== undefined) {
    workspace.violate('the token was sent to an upload address');
  }
  if (body.length !== file.declaredLength) {
    workspace.violate(`an upload has ${body.length} bytes instead of ${file.declaredLength}`);
    response.writeHead(400).end();
    return;
  }
  file.bytes = body;
  file.mimetype = sniffMimetype(body);
  response.writeHead(200).end(`OK - ${body.length}`);
}

/** Without the bot's token a file's address answers with a page to sign in. */
function giveFile({ workspace }: ServerParts, { request, response }: Exchange, id: string): void {
  const file = workspace.files.get(id);
  const isBot = request.headers['authorization'] === `Bearer ${BOT_TOKEN}`;
  if (!isBot || file?.bytes === undefined) {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html>Sign in');
    return;
  }
  response.writeHead(200, { 'content-type': file.mimetype }).end(file.bytes);
}

function respond({ triggers }: ServerParts, { response, body }: Exchange, id: string): void {
  try {
    triggers.respond(id, JSON.parse(body.toString()) as Record<string, unknown>);
    response.writeHead(200).end('ok');
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    response.writeHead(error.code === 'invalid_blocks' ? 400 : 404).end(error.code);
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

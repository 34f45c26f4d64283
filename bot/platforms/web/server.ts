/** Listening: the port that was asked for, or the first free one. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import type { Hono } from 'hono';
import { WEB_LIMITS } from './limits.ts';

export interface WebServerOptions {
  app: Hono;
  host: string;
  /** The port to try first; 0 is any free one. */
  port: number;
  /** True when a person set it: then no other port will do. */
  isPortFixed: boolean;
}

export interface WebServer {
  /** Where a browser on this machine finds the page. */
  url: string;
  port: number;
  /** Ends open connections too. */
  close(): Promise<void>;
}

function toErrorCode(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
}

function toSentence(thrown: unknown, { host, port }: WebServerOptions): string {
  switch (toErrorCode(thrown)) {
    case 'EADDRINUSE':
      return `Port ${port} on ${host} is taken by another program; set PORT to a free one, or leave PORT out and the first free port from 8080 on is used.`;
    case 'EACCES':
      return `Port ${port} may not be opened by this user; set PORT to one above 1023.`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `HOST is "${host}", which is no address of this machine; set it to 127.0.0.1 (this machine only) or 0.0.0.0 (everybody in the network).`;
    default:
      return `The page cannot be served on ${host}, port ${port} (${String(thrown)}).`;
  }
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
}

/** Names for "every address" are none that a browser can open. */
function toUrl(host: string, port: number): string {
  if (host === '0.0.0.0' || host === '::') return `http://127.0.0.1:${port}`;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Starts to listen. Throws an Error whose message is one sentence for the person who started it. */
export async function startWebServer(options: WebServerOptions): Promise<WebServer> {
  const { app, host, isPortFixed } = options;
  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  const server = createServer((request, response) => void listener(request, response));
  server.maxConnections = WEB_LIMITS.connections;
  server.headersTimeout = WEB_LIMITS.requestTimeoutMs;
  server.requestTimeout = WEB_LIMITS.requestTimeoutMs;
  const isSingle = isPortFixed || options.port === 0;
  const tries = isSingle ? 1 : WEB_LIMITS.portsTried;
  const last = Math.min(options.port + tries - 1, 65_535);
  for (let port = options.port; ; port += 1) {
    try {
      await listen(server, host, port);
      break;
    } catch (thrown) {
      const isTaken = toErrorCode(thrown) === 'EADDRINUSE';
      if (isTaken && port < last) continue;
      throw new Error(
        isTaken && !isSingle
          ? `All ports from ${options.port} to ${last} on ${host} are taken; set PORT to a free one.`
          : toSentence(thrown, { ...options, port }),
        { cause: thrown },
      );
    }
  }
  const { port } = server.address() as AddressInfo;
  return {
    url: toUrl(host, port),
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

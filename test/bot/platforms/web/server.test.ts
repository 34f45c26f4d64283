/** Which port the page takes, and the sentence when it cannot have it. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Hono } from 'hono';
import { afterEach, expect, test } from 'vitest';
import { startWebServer, type WebServer } from '../../../../bot/platforms/web/server.ts';

const app = new Hono().get('/', (context) => context.text('here'));
const open: (WebServer | { close(): Promise<void> })[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
});

async function takePort(): Promise<number> {
  const server: Server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push({ close: () => new Promise((resolve) => server.close(() => resolve())) });
  return (server.address() as AddressInfo).port;
}

async function start(port: number, isPortFixed: boolean, host = '127.0.0.1'): Promise<WebServer> {
  const server = await startWebServer({ app, host, port, isPortFixed });
  open.push(server);
  return server;
}

test('the next free port is taken when nobody asked for one', async () => {
  const taken = await takePort();
  const server = await start(taken, false);
  expect(server.port).toBeGreaterThan(taken);
  expect(server.url).toBe(`http://127.0.0.1:${server.port}`);
  expect(await (await fetch(server.url)).text()).toBe('here');
});

test('a port that was asked for is taken or refused with its name and the remedy', async () => {
  const taken = await takePort();
  await expect(start(taken, true)).rejects.toThrow(
    `Port ${taken} on 127.0.0.1 is taken by another program; set PORT to a free one`,
  );
});

test('a host that is none of this machine is named', async () => {
  await expect(start(0, true, '203.0.113.9')).rejects.toThrow('HOST is "203.0.113.9"');
});

test('every address is shown as one that a browser can open', async () => {
  const server = await start(0, true, '0.0.0.0');
  expect(server.url).toBe(`http://127.0.0.1:${server.port}`);
});

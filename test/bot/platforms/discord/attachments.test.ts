/** Files are fetched from Discord alone, within a size and a time: no address leads into the bot's own network. */
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { LIMITS } from '#contract/limits.ts';
import { createAttachmentFetcher } from '../../../../bot/platforms/discord/attachments.ts';

let server: Server | undefined;
let asked = 0;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
  asked = 0;
});

async function serve(listener: RequestListener): Promise<string> {
  server = createServer((request, response) => {
    asked += 1;
    listener(request, response);
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const toAttachment = (url: string, size = 10) => ({ id: '1', filename: 'cat.png', size, url });

test.each([
  'http://169.254.169.254/latest/meta-data',
  'http://127.0.0.1:1/x.png',
  'https://cdn.discordapp.com.evil.example/x.png',
  'https://cdn.discordapp.com@127.0.0.1/x.png',
  'https://cdn.discordapp.com:8443/x.png',
  'http://cdn.discordapp.com/x.png',
  'file:///etc/passwd',
  'data:image/png;base64,AA',
  'not an address',
])('%s is not fetched', async (url) => {
  const fetchAttachment = createAttachmentFetcher('https://discord.com/api');
  await expect(fetchAttachment(toAttachment(url))).rejects.toThrow('is not kept by Discord');
});

test('a file comes as it is', async () => {
  const origin = await serve((_request, response) => response.end(Buffer.from([1, 2, 3])));
  const file = await createAttachmentFetcher(`${origin}/api`)(toAttachment(`${origin}/cat.png`));
  expect([...file.bytes]).toEqual([1, 2, 3]);
  expect(file.name).toBe('cat.png');
});

test('a redirect is not followed', async () => {
  const origin = await serve((_request, response) =>
    response.writeHead(302, { location: '/elsewhere' }).end(),
  );
  const fetchAttachment = createAttachmentFetcher(`${origin}/api`);
  await expect(fetchAttachment(toAttachment(`${origin}/cat.png`))).rejects.toThrow(
    'could not be fetched',
  );
  expect(asked).toBe(1);
});

test('a file that says it is too large is not asked for, and one that lies is cut off', async () => {
  const origin = await serve((_request, response) => {
    const chunk = Buffer.alloc(1024 * 1024);
    const send = () => {
      while (response.write(chunk));
    };
    response.on('drain', send);
    send();
  });
  const fetchAttachment = createAttachmentFetcher(`${origin}/api`);
  const url = `${origin}/cat.png`;
  const honest = fetchAttachment(toAttachment(url, LIMITS.imageBytes + 1));
  await expect(honest).rejects.toThrow('is larger than 16 MiB');
  expect(asked).toBe(0);
  await expect(fetchAttachment(toAttachment(url))).rejects.toThrow('is larger than 16 MiB');
});

test('a file that is gone says so', async () => {
  const origin = await serve((_request, response) => response.writeHead(404).end());
  const fetchAttachment = createAttachmentFetcher(`${origin}/api`);
  await expect(fetchAttachment(toAttachment(`${origin}/cat.png`))).rejects.toThrow(
    'attach it again',
  );
});

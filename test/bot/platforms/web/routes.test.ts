/** The page's server over real HTTP: what it serves, what it refuses, and how it says so. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WEB_LIMITS } from '../../../../bot/platforms/web/limits.ts';
import type { WebCard } from '../../../../bot/platforms/web/render.ts';
import { startWeb, type RunningWeb } from './start-web.ts';
import { createWebClient, messageOf, newDeliveryId, sendRaw } from './web-client.ts';

let web: RunningWeb;
const { post, say, press, draw, history } = createWebClient(() => web.url);
beforeAll(async () => {
  web = await startWeb();
});
afterAll(() => web.close());

describe('the page', () => {
  test('comes with headers that leave no way for foreign code', async () => {
    const response = await fetch(web.url);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(response.headers.get('cross-origin-resource-policy')).toBe('same-origin');
  });

  test('names only its own files, each of which is there with a strict type', async () => {
    const html = await (await fetch(web.url)).text();
    const addresses = [...html.matchAll(/(?:src|href)="([^"#]+)"/g)].map((match) => match[1] ?? '');
    expect(addresses.length).toBeGreaterThan(8);
    for (const address of addresses) {
      expect(address).toMatch(/^\/[a-z-]+\.(css|js|svg|webmanifest)$/);
      const response = await fetch(web.url + address);
      expect(`${address} ${response.status}`).toBe(`${address} 200`);
      expect(response.headers.get('content-type')).toMatch(
        /^(text\/(css|javascript); charset=utf-8|image\/svg\+xml|application\/manifest\+json)$/,
      );
    }
    expect(html).not.toMatch(/<script>|\son\w+=|style="/);
  });

  test('is not sent twice when it has not changed', async () => {
    const tag = (await fetch(web.url)).headers.get('etag') ?? '';
    const again = await fetch(web.url, { headers: { 'if-none-match': tag } });
    expect(again.status).toBe(304);
  });

  test.each([
    '/../package.json',
    '/%2e%2e/package.json',
    '/..%2f..%2fpackage.json',
    '/page/main.js',
    '/tsconfig.json',
    '/images/..%2f..%2fetc/0.png',
    '/images/abc/0.png',
    '/images/abc/-1.png',
    '/images/abc/0.png.png',
    '/images/abc/1e1.png',
  ])('does not follow the path trick %s', async (path) => {
    const answer = await sendRaw(
      web.port,
      `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 404 /);
    expect(answer).toContain('{"error":{"message":"');
  });
});

describe('who may talk to it', () => {
  test.each([
    ['another site', { origin: 'https://evil.example' }],
    ['a page without an origin', { origin: 'null' }],
    ['another port of this machine', { origin: 'http://127.0.0.1:1' }],
    ['a cross-site request', { 'sec-fetch-site': 'cross-site' }],
    ['a same-site request of another origin', { 'sec-fetch-site': 'same-site' }],
  ])('a post from %s is refused and does nothing', async (_, headers) => {
    const before = await history();
    const body = { text: '/imagine a trap', deliveryId: newDeliveryId() };
    const response = await post('/api/messages', body, headers);
    expect(response.status).toBe(403);
    expect(await messageOf(response)).toContain('another origin');
    const after = await history();
    expect(after.cards.length).toBe(before.cards.length);
  });

  test.each(['/api/events', '/api/history', '/images/abc/0.png', '/images/abc/all.zip'])(
    '%s is not read by another site',
    async (path) => {
      const response = await fetch(web.url + path, { headers: { 'sec-fetch-site': 'cross-site' } });
      expect(response.status).toBe(403);
    },
  );

  test('its own page may post', async () => {
    const body = { text: '/help', deliveryId: newDeliveryId() };
    const headers = { origin: web.url, 'sec-fetch-site': 'same-origin' };
    expect((await post('/api/messages', body, headers)).status).toBe(200);
  });

  test('a link from another site opens the page but nothing else', async () => {
    const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
    expect((await fetch(web.url, { headers })).status).toBe(200);
    expect((await fetch(`${web.url}/api/models`, { headers })).status).toBe(403);
  });

  test.each([
    ['evil.example', 403],
    ['evil.example:8080', 403],
    ['127.0.0.1.evil.example', 403],
    ['localhost.evil.example', 403],
    ['localhost:9000', 200],
    ['imagine.localhost', 200],
    ['192.168.0.7:8080', 200],
    ['[::1]:8080', 200],
  ])('a request for the host "%s" gets %i', async (host, status) => {
    const answer = await sendRaw(
      web.port,
      `GET / HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`,
    );
    expect(Number(answer.slice(9, 12))).toBe(status);
  });

  test('a name that the operator allows is answered', async () => {
    const other = await startWeb({ allowedHosts: ['Pictures.Example'] });
    const request = 'GET / HTTP/1.1\r\nhost: pictures.example\r\nconnection: close\r\n\r\n';
    expect(await sendRaw(other.port, request)).toMatch(/^HTTP\/1\.1 200 /);
    await other.close();
  });
});

describe('what may be sent', () => {
  test.each([
    ['no JSON', 'a red apple', 400],
    ['an unknown field', { text: '/help', deliveryId: 'delivery-x', admin: true }, 400],
    ['no delivery id', { text: '/help' }, 400],
    ['a strange delivery id', { text: '/help', deliveryId: '../../etc' }, 400],
    ['a number as text', { text: 7, deliveryId: 'delivery-x' }, 400],
    ['too many characters', { text: 'x'.repeat(20_001), deliveryId: 'delivery-x' }, 400],
    ['a body beyond the limit', 'x'.repeat(WEB_LIMITS.bodyBytes + 1), 413],
    ['plain text', { text: 'a red apple', deliveryId: 'delivery-x' }, 422],
    ['nothing', { text: '  ', deliveryId: 'delivery-x' }, 422],
    ['an unknown command', { text: '/paint it', deliveryId: 'delivery-x' }, 422],
  ])('%s gets one clear sentence', async (_, body, status) => {
    const response = await post('/api/messages', body);
    expect(response.status).toBe(status);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await messageOf(response)).toMatch(/^.{10,200}[.]$/);
  });

  test('a mistake is named with its field, its value and the remedy', async () => {
    const long = await post('/api/messages', {
      text: 'x'.repeat(20_001),
      deliveryId: 'delivery-x',
    });
    expect(await messageOf(long)).toBe(
      'text is 20001 characters long; it must have at most 20000 characters.',
    );
    const strange = await post('/api/messages', { text: '/help', deliveryId: '../../etc' });
    expect(await messageOf(strange)).toBe(
      'deliveryId is "../../etc"; it must be letters, digits, _ or - only.',
    );
    expect(await messageOf(await post('/api/messages', 7))).toBe(
      'The request is 7; it must be a JSON object.',
    );
    expect(await messageOf(await fetch(`${web.url}/api/history?limit=999`))).toBe(
      'limit is "999"; it must be at most 50.',
    );
  });

  test('a chunked body without an announced length is cut off at the limit', async () => {
    const chunk = 'x'.repeat(16 * 1024);
    const body = new ReadableStream({
      pull: (controller) => controller.enqueue(new TextEncoder().encode(chunk)),
    });
    const init = { method: 'POST', body, duplex: 'half' } as RequestInit;
    const response = await fetch(`${web.url}/api/messages`, {
      ...init,
      headers: { 'content-type': 'application/json' },
    });
    expect(response.status).toBe(413);
  });

  test('a form of another type is refused', async () => {
    const init = { method: 'POST', body: 'text=/help', headers: { 'content-type': 'text/plain' } };
    const response = await fetch(`${web.url}/api/messages`, init);
    expect(response.status).toBe(415);
  });

  test.each(['GET', 'OPTIONS', 'PUT', 'DELETE'])('%s is told the right method', async (method) => {
    const response = await fetch(`${web.url}/api/messages`, { method });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('POST');
  });

  test('a refusal of the bot arrives word for word', async () => {
    const response = await say('/imagine a cat --sed 7');
    expect(response.status).toBe(422);
    expect(await messageOf(response)).toBe('There is no flag --sed; did you mean --seed?');
  });

  test('an unknown button is refused', async () => {
    expect((await press('upscale:gone:0')).status).toBe(422);
  });
});

describe('commands', () => {
  test('a message delivered twice is one job', async () => {
    const id = newDeliveryId();
    const [first, second] = await Promise.all([
      say('/imagine twins', id),
      say('/imagine twins', id),
    ]);
    const [one, two] = (await Promise.all([first.json(), second.json()])) as { card: WebCard }[];
    expect(one?.card.jobId).toBe(two?.card.jobId);
  });

  test('help and models answer this window only', async () => {
    expect(await (await say('/help')).json()).toMatchObject({ kind: 'help' });
    expect(await (await say('/models')).json()).toMatchObject({
      kind: 'models',
      models: [{ id: 'scripted' }],
    });
  });

  test('completions come from the bot, at the cursor', async () => {
    const body = { text: 'a cat --se', cursor: 10 };
    const answer = (await (await post('/api/completions', body)).json()) as {
      completions: { label: string; from: number }[];
    };
    expect(answer.completions).toMatchObject([{ label: '--seed', from: 6 }]);
  });

  test('edit gives the command back', async () => {
    const card = await draw('/imagine a kite --seed 3');
    const answer = await (await press(`edit:${card.jobId}:0`)).json();
    expect(answer).toEqual({ kind: 'edit', command: card.command });
  });
});

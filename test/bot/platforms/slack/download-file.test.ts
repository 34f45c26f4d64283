/** What a person gives is fetched from Slack's file hosts alone, and the token goes nowhere else. */
import { expect, test } from 'vitest';
import { LIMITS } from '#contract/limits.ts';
import { downloadFile } from '../../../../bot/platforms/slack/download-file.ts';

interface Asked {
  url: string;
  token: string | null;
}

/** A network that answers by address and writes down who was asked with which token. */
function createNetwork(answers: Readonly<Record<string, () => Response>>): {
  fetch: typeof fetch;
  asked: Asked[];
} {
  const asked: Asked[] = [];
  const answer: typeof fetch = (input, init) => {
    const { href } = new URL(input instanceof Request ? input.url : input);
    asked.push({ url: href, token: new Headers(init?.headers).get('authorization') });
    const found = answers[href];
    return found === undefined
      ? Promise.reject(new Error('no such host'))
      : Promise.resolve(found());
  };
  return { fetch: answer, asked };
}

const picture = (): Response => new Response('bytes', { headers: { 'content-type': 'image/png' } });
const redirect = (location: string): Response =>
  new Response(null, { status: 302, headers: { location } });
const file = (url: string, size = 10) => ({
  id: 'F1',
  name: 'cat.png',
  size,
  url_private_download: url,
});

async function fetchFrom(
  url: string,
  answers: Readonly<Record<string, () => Response>> = {},
  size = 10,
) {
  const network = createNetwork(answers);
  const options = {
    token: 'xoxb-secret',
    apiUrl: 'http://127.0.0.1:4000/api/',
    fetch: network.fetch,
  };
  const result = await downloadFile(file(url, size), options).then(
    (bytes) => Buffer.from(bytes).toString(),
    (error: unknown) => (error instanceof Error ? error.message : 'no error'),
  );
  return { result, asked: network.asked };
}

test("Slack's own hosts and the configured one are asked with the token", async () => {
  for (const url of [
    'https://files.slack.com/files-pri/T-F/cat.png',
    'http://127.0.0.1:4000/files/F1',
  ]) {
    const { result, asked } = await fetchFrom(url, { [url]: picture });
    expect(result).toBe('bytes');
    expect(asked).toEqual([{ url, token: 'Bearer xoxb-secret' }]);
  }
});

test.each([
  'http://files.slack.com/cat.png',
  'https://files.slack.com.evil.example/cat.png',
  'https://files.slack.com:8443/cat.png',
  'https://evil.example/files.slack.com',
  'https://files.slack.com@evil.example/cat.png',
  'http://127.0.0.1:4001/cat.png',
  'http://169.254.169.254/latest/meta-data',
  'file:///etc/passwd',
])('%s is not asked at all', async (url) => {
  const { result, asked } = await fetchFrom(url);
  expect(asked).toEqual([]);
  expect(result).toContain('cat.png');
});

test('a redirect to another host ends there, and one to a file host is followed', async () => {
  const start = 'https://files.slack.com/a';
  const away = await fetchFrom(start, { [start]: () => redirect('https://evil.example/b') });
  expect(away.asked).toHaveLength(1);
  expect(away.result).toContain('does not lie at Slack');
  const on = await fetchFrom(start, {
    [start]: () => redirect('/b'),
    'https://files.slack.com/b': picture,
  });
  expect(on.result).toBe('bytes');
  const round = await fetchFrom(start, { [start]: () => redirect('/a') });
  expect(round.asked).toHaveLength(4);
});

test('a page to sign in, an error and a file that is too large are sentences', async () => {
  const url = 'https://files.slack.com/a';
  const html = () =>
    new Response('<html>', { headers: { 'content-type': 'text/html; charset=utf-8' } });
  expect((await fetchFrom(url, { [url]: html })).result).toContain('could not be fetched');
  expect(
    (await fetchFrom(url, { [url]: () => new Response('', { status: 404 }) })).result,
  ).toContain('could not be fetched');
  expect((await fetchFrom(url, {}, LIMITS.imageBytes + 1)).result).toContain('too large');
  const large = () =>
    new Response(new Uint8Array(LIMITS.imageBytes + 1), {
      headers: { 'content-type': 'image/png' },
    });
  expect((await fetchFrom(url, { [url]: large })).result).toContain('too large');
});

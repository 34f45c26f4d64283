/** What the HTTP API refuses, and how: mistakes, floods, web pages, strangers. */
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { JOB_BODY_BYTES_MAX } from '#contract/limits.ts';
import { startRunningFunction, type RunningFunction } from '../../fakes/running-function.ts';
import { createRequest } from '../../fakes/create-request.ts';
import { createFunctionClient, readError } from './function-client.ts';

let running: RunningFunction;
beforeAll(async () => {
  running = await startRunningFunction();
});
afterAll(() => running.stop());

const { call, put, submit, untilStatus } = createFunctionClient(() => running.url);

describe('bad input gets one sentence and no stack', () => {
  const apple = createRequest();
  const cases: readonly (readonly [string, unknown, number, string])[] = [
    ['no object', 7, 422, 'The input is 7; it must be a JSON object.'],
    ['no request', {}, 422, 'request is missing; it must be a JSON object.'],
    [
      'no steps',
      { request: { ...apple, steps: 0 } },
      422,
      'request.steps is 0; it must be from 1 to 1000.',
    ],
    [
      'text for a number',
      { request: { ...apple, seed: '7' } },
      422,
      'request.seed is "7"; it must be a number.',
    ],
    [
      'an unknown field',
      { request: apple, __proto: 1 },
      422,
      'The input has the unknown field "__proto"; leave it out.',
    ],
    [
      'an empty owner',
      { request: apple, owner: '' },
      422,
      'owner is empty; it must have at least 1 character.',
    ],
  ];
  test.each(cases)('%s', async (_name, body, status, message) => {
    const answer = await put('bad', body);
    expect(answer.status).toBe(status);
    expect(await readError(answer)).toMatchObject({ code: 'invalid-request', message });
    expect((await call('/jobs/bad')).status).toBe(404);
  });

  test('a body that is no JSON, or none at all', async () => {
    const broken = await call('/jobs/bad', { method: 'PUT', body: '{"request":' });
    expect(broken.status).toBe(400);
    expect((await readError(broken)).message).toContain('not valid JSON');
    const empty = await call('/jobs/bad', { method: 'PUT' });
    expect(empty.status).toBe(400);
    expect((await readError(empty)).message).toContain('The body is empty');
  });

  test('ten thousand nested lists', async () => {
    const body = `{"request":${'['.repeat(10_000)}${']'.repeat(10_000)}}`;
    expect((await call('/jobs/bad', { method: 'PUT', body })).status).toBe(422);
  });

  test('path tricks in ids', async () => {
    for (const id of ['..%2f..%2fetc', '%2e%2e', 'a%00b', 'x'.repeat(65), 'a.b', '%20', '%ff']) {
      const answer = await call(`/jobs/${id}`);
      expect([400, 404]).toContain(answer.status);
      const error = await readError(answer);
      expect(error.message).not.toMatch(/\n|node_modules|\.ts/);
    }
    const dots = await call('/jobs/..%2f..%2fetc');
    expect(dots.status).toBe(400);
    expect((await readError(dots)).message).toBe(
      'The job id is "../../etc"; it must be 1 to 64 letters, digits, _ or -.',
    );
  });

  test('a path and a method that do not exist', async () => {
    expect((await call('/secrets')).status).toBe(404);
    expect((await call('/jobs/a', { method: 'POST', body: '{}' })).status).toBe(404);
  });

  test('a picture index that is no number', async () => {
    await submit('indexed', { steps: 1 });
    await untilStatus('indexed', 'succeeded');
    for (const index of ['x', '-1', '1e3', '..%2f0', '0x0']) {
      expect((await call(`/jobs/indexed/images/${index}`)).status).toBe(404);
    }
  });
});

describe('bodies that are too large', () => {
  test('are refused by their announced length', async () => {
    const answer = await call('/jobs/large', {
      method: 'PUT',
      body: new Uint8Array(JOB_BODY_BYTES_MAX + 1),
    });
    expect(answer.status).toBe(413);
    expect((await readError(answer)).message).toContain(`larger than ${JOB_BODY_BYTES_MAX} bytes`);
  });

  test('are cut off while they are read when no length was announced', async () => {
    const { sentBytes, status } = await new Promise<{ sentBytes: number; status: number }>(
      (resolve, reject) => {
        const request = httpRequest(`${running.url}/jobs/large`, { method: 'PUT' });
        let sentBytes = 0;
        const answered = new AbortController();
        const chunk = Buffer.alloc(1024 * 1024);
        const pump = () => {
          while (!answered.signal.aborted && sentBytes < 10 * JOB_BODY_BYTES_MAX) {
            sentBytes += chunk.length;
            if (!request.write(chunk)) return;
          }
        };
        request.on('drain', pump);
        request.on('response', (response) => {
          answered.abort();
          response.resume();
          resolve({ sentBytes, status: response.statusCode ?? 0 });
        });
        request.on('error', (error) => (answered.signal.aborted ? undefined : reject(error)));
        pump();
      },
    );
    expect(status).toBe(413);
    expect(sentBytes).toBeLessThan(3 * JOB_BODY_BYTES_MAX);
    expect((await call('/health')).status).toBe(200);
  });
});

describe('web pages of other origins', () => {
  test.each([
    ['another origin', { Origin: 'http://evil.example' }],
    ['another port of this machine', { Origin: 'http://127.0.0.1:9' }],
    ['an opaque origin', { Origin: 'null' }],
    ['a picture tag elsewhere', { 'Sec-Fetch-Site': 'cross-site' }],
    ['a name that was pointed at this machine', { Host: 'evil.example' }],
  ])('%s is refused', async (_name, headers) => {
    const status = await new Promise((resolve, reject) => {
      httpRequest(`${running.url}/health`, { headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on('error', reject)
        .end();
    });
    expect(status).toBe(403);
  });

  test('the names of this machine are fine', async () => {
    const { port } = running;
    for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`]) {
      const answer = await new Promise<number | undefined>((resolve, reject) => {
        httpRequest(`${running.url}/health`, { headers: { Host: host } }, (response) => {
          response.resume();
          resolve(response.statusCode);
        })
          .on('error', reject)
          .end();
      });
      expect(answer).toBe(200);
    }
  });
});

describe('the token', () => {
  test('is needed for everything but health, where it is set; then any host name is fine', async () => {
    const token = 'correct-horse-battery';
    const guarded = await startRunningFunction({ token });
    const status = async (path: string, headers = {}) =>
      (await fetch(`${guarded.url}${path}`, { headers })).status;
    const bearer = { Authorization: `Bearer ${token}` };
    expect(await status('/models')).toBe(401);
    expect(await status('/models', { Authorization: `Bearer ${token}x` })).toBe(401);
    expect(await status('/models', { Authorization: token })).toBe(401);
    expect(await status('/models', bearer)).toBe(200);
    expect(await status('/health')).toBe(200);
    expect(await status('/openapi.json')).toBe(401);
    expect(await status('/models', { ...bearer, Origin: 'http://evil.example' })).toBe(403);
    await guarded.stop();
  });
});

test('rubbish instead of HTTP does no harm', async () => {
  await new Promise<void>((resolve) => {
    const socket = connect(running.port, '127.0.0.1', () => socket.end('\0\0 rubbish \r\n\r\n'));
    socket.on('close', () => resolve());
    socket.resume();
  });
  expect((await call('/health')).status).toBe(200);
});

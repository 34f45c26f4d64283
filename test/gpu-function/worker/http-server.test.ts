/** The HTTP API as its callers see it, over a real port and with the engine in a real process. */
import { connect } from 'node:net';
import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { errorBodySchema } from '#contract/generation-error.ts';
import { healthSchema } from '#contract/health.ts';
import { jobViewSchema, type JobView } from '#contract/job-view.ts';
import { JOB_BODY_BYTES_MAX } from '#contract/limits.ts';
import {
  startRunningFunction,
  toRequest,
  until,
  type RunningFunction,
} from '../../fakes/running-function.ts';
import { PROMPTS } from '../../fakes/scripted-engine.ts';

let running: RunningFunction;
beforeAll(async () => {
  running = await startRunningFunction({
    engine: { stepMs: 20 },
    board: { waitingMax: 60, waitingPerOwnerMax: 5 },
  });
});
afterAll(() => running.stop());

const call = (path: string, options: RequestInit = {}) => fetch(`${running.url}${path}`, options);
const put = (id: string, body: unknown) =>
  call(`/jobs/${id}`, { method: 'PUT', body: JSON.stringify(body) });
const submit = (id: string, changes = {}, owner = id) =>
  put(id, { request: toRequest(changes), owner });
const view = async (id: string): Promise<JobView> =>
  jobViewSchema.parse(await (await call(`/jobs/${id}`)).json());
const untilStatus = (id: string, status: string) =>
  until(`${id} ${status}`, async () => (await view(id)).state.status === status);
const readError = async (response: Response) => errorBodySchema.parse(await response.json());

describe('a job', () => {
  test('is accepted, drawn, and its picture fetched', async () => {
    const answer = await submit('first', { count: 2, steps: 3 });
    expect(answer.status).toBe(202);
    await untilStatus('first', 'succeeded');
    const { state } = await view('first');
    const images = state.status === 'succeeded' ? state.result.images : [];
    for (const { index, sizeBytes, sha256 } of images) {
      const image = await call(`/jobs/first/images/${index}`);
      expect(image.headers.get('content-type')).toBe('image/png');
      expect(image.headers.get('etag')).toBe(`"${sha256}"`);
      expect((await image.arrayBuffer()).byteLength).toBe(sizeBytes);
    }
    expect(images).toHaveLength(2);
    const missing = await call('/jobs/first/images/2');
    expect(missing.status).toBe(404);
    expect((await readError(missing)).message).toBe(
      'The job first has no picture "2"; it has 0 to 1.',
    );
  });

  test('sent fifty times at once is one job', async () => {
    const before = running.board.counts();
    const answers = await Promise.all(Array.from({ length: 50 }, () => submit('fifty')));
    expect(answers.map((answer) => answer.status).toSorted()).toEqual([
      ...Array.from({ length: 49 }, () => 200),
      202,
    ]);
    const after = running.board.counts();
    expect(after.queued + after.running - before.queued - before.running).toBe(1);
    await untilStatus('fifty', 'succeeded');
    const steps = await (await call('/jobs/fifty/events')).text();
    expect(steps.match(/"type":"job-start"/g)).toHaveLength(1);
  });

  test('sent with another request under its id is refused', async () => {
    await submit('conflict');
    const answer = await submit('conflict', { seed: 8 });
    expect(answer.status).toBe(409);
    expect((await readError(answer)).code).toBe('job-conflict');
  });

  test('is canceled while it waits and while it is drawn', async () => {
    await submit('running', { steps: 500 });
    await submit('waiting', { steps: 500 });
    await untilStatus('running', 'denoising');
    expect((await call('/jobs/waiting', { method: 'DELETE' })).status).toBe(200);
    expect((await view('waiting')).state.status).toBe('canceled');
    expect((await call('/jobs/running', { method: 'DELETE' })).status).toBe(202);
    await untilStatus('running', 'canceled');
    const image = await call('/jobs/running/images/0');
    expect(image.status).toBe(409);
    expect((await readError(image)).message).toContain('is canceled');
    expect((await call('/jobs/running', { method: 'DELETE' })).status).toBe(200);
  });

  test('that nobody sent is not known', async () => {
    for (const [path, method] of [
      ['/jobs/nobody', 'GET'],
      ['/jobs/nobody', 'DELETE'],
      ['/jobs/nobody/events', 'GET'],
      ['/jobs/nobody/images/0', 'GET'],
    ] as const) {
      const answer = await call(path, { method });
      expect(answer.status).toBe(404);
      expect((await readError(answer)).code).toBe('job-unknown');
    }
  });

  test('finds no place when its owner has too many, and the others are not held up', async () => {
    await submit('block', { steps: 500 });
    await untilStatus('block', 'denoising');
    for (let n = 1; n <= 5; n += 1) await submit(`mine${n}`, { steps: 1 }, 'greedy');
    const full = await submit('mine6', { steps: 1 }, 'greedy');
    expect(full.status).toBe(429);
    expect(await readError(full)).toMatchObject({ code: 'queue-full', isRetryable: true });
    await submit('modest', { steps: 1 }, 'modest');
    expect((await view('modest')).state).toEqual({ status: 'queued', position: 2 });
    await call('/jobs/block', { method: 'DELETE' });
    await untilStatus('mine5', 'succeeded');
  });
});

describe('bad input gets one sentence and no stack', () => {
  const apple = toRequest();
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
        let isOver = false;
        const chunk = Buffer.alloc(1024 * 1024);
        const pump = () => {
          while (!isOver && sentBytes < 10 * JOB_BODY_BYTES_MAX) {
            sentBytes += chunk.length;
            if (!request.write(chunk)) return;
          }
        };
        request.on('drain', pump);
        request.on('response', (response) => {
          isOver = true;
          response.resume();
          resolve({ sentBytes, status: response.statusCode ?? 0 });
        });
        request.on('error', (error) => (isOver ? undefined : reject(error)));
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

describe('health', () => {
  test('is READY, BUSY while it draws, and always status 200', async () => {
    const health = async () => healthSchema.parse(await (await call('/health')).json());
    await until('ready', async () => (await health()).status === 'READY');
    expect(await health()).toMatchObject({
      executionProvider: 'cpu',
      loadedModelId: 'scripted',
      jobsRunning: 0,
      jobsQueued: 0,
    });
    await submit('busy', { steps: 500 });
    await until('busy', async () => (await health()).status === 'BUSY');
    expect(await health()).toMatchObject({ jobsRunning: 1 });
    await call('/jobs/busy', { method: 'DELETE' });
    await untilStatus('busy', 'canceled');
  });

  test('goes from STARTING to SETUP_FAILED with the reason when the model is broken', async () => {
    const broken = await startRunningFunction({
      engine: { loadMs: 300, setupProblem: 'The file unet/model.onnx is cut short.' },
    });
    const health = async () =>
      healthSchema.parse(await (await fetch(`${broken.url}/health`)).json());
    expect((await health()).status).toBe('STARTING');
    await until('failed', async () => (await health()).status === 'SETUP_FAILED');
    expect((await health()).reason).toBe('The file unet/model.onnx is cut short.');
    await broken.stop();
  });

  test('is DEFUNCT when the engine keeps dying, and jobs are refused then', async () => {
    const dying = await startRunningFunction({
      supervision: { deathsMax: 2, restartDelayMs: { first: 10, max: 10 } },
    });
    const send = (id: string) =>
      fetch(`${dying.url}/jobs/${id}`, {
        method: 'PUT',
        body: JSON.stringify({ request: toRequest({ prompt: PROMPTS.endProcess }) }),
      });
    await send('deadly');
    await until('defunct', async () => {
      const { status } = healthSchema.parse(await (await fetch(`${dying.url}/health`)).json());
      return status === 'DEFUNCT';
    });
    const refused = await send('late');
    expect(refused.status).toBe(503);
    expect(await readError(refused)).toMatchObject({ code: 'not-ready', isRetryable: true });
    await dying.stop();
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

test('the models are listed', async () => {
  expect(await (await call('/models')).json()).toMatchObject([{ id: 'scripted' }]);
});

/** The description and the server are the same thing: neither has a route, or an answer, that the other lacks. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Hono } from 'hono';
import type { EngineHost } from '../../../gpu-function/worker/engine-host.ts';
import { createHttpServer } from '../../../gpu-function/worker/http-server.ts';
import { createJobBoard } from '../../../gpu-function/worker/job-board.ts';
import { createOpenApi } from '../../../gpu-function/worker/openapi.ts';
import { createScriptedProcess } from '../../fakes/running-function.ts';
import { createSilentLogger } from '../../fakes/silent-logger.ts';
import { createRequest } from '../../fakes/create-request.ts';

let app: Hono;
let host: EngineHost;
beforeAll(() => {
  host = createScriptedProcess();
  const board = createJobBoard({ nowMs: () => Date.now(), newLogId: () => 'log' });
  const { signal } = new AbortController();
  app = createHttpServer({
    board,
    host,
    token: undefined,
    closing: signal,
    logger: createSilentLogger(),
    nowMs: () => performance.now(),
  });
});
afterAll(() => host.close());

type Answer = { description: string; content: Record<string, { schema?: unknown }> };
type Operation = { summary: string; responses: Record<string, Answer>; requestBody?: unknown };
const paths = () => createOpenApi().paths as Record<string, Record<string, Operation>>;
const operations = () =>
  Object.entries(paths()).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );

test('every route is described and every description has its route', () => {
  const routes = app.routes
    .filter((route) => route.method !== 'ALL')
    .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`);
  const described = operations().map(({ method, path }) => `${method.toUpperCase()} ${path}`);
  expect(described.toSorted()).toEqual([...new Set(routes)].toSorted());
});

test('every operation says what it does and what an error looks like', () => {
  for (const { operation } of operations()) {
    expect(operation.summary).toMatch(/\.$/);
    for (const [status, answer] of Object.entries(operation.responses)) {
      expect(answer.description).toMatch(/\.$/);
      if (Number(status) < 400) continue;
      expect(answer.content['application/json']?.schema).toMatchObject({
        required: ['code', 'message', 'isRetryable'],
      });
    }
  }
});

test('the statuses that the server gives are described', async () => {
  const ask = async (method: string, path: string, body?: unknown) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const init = { method, headers: { host: 'localhost' } };
    const answer = await app.request(path, text === undefined ? init : { ...init, body: text });
    return { method, path, status: answer.status };
  };
  const job = { request: createRequest() };
  const asked = [
    await ask('PUT', '/jobs/j1', job),
    await ask('PUT', '/jobs/j1', job),
    await ask('PUT', '/jobs/j1', { request: createRequest({ seed: 8 }) }),
    await ask('PUT', '/jobs/j2', '{'),
    await ask('PUT', '/jobs/j2', {}),
    await ask('PUT', '/jobs/a.b', job),
    await ask('GET', '/jobs/j1'),
    await ask('GET', '/jobs/j9'),
    await ask('GET', '/jobs/j1/images/0'),
    await ask('GET', '/jobs/j9/images/0'),
    await ask('GET', '/jobs/j9/events'),
    await ask('DELETE', '/jobs/j1'),
    await ask('DELETE', '/jobs/j9'),
    await ask('GET', '/health'),
    await ask('GET', '/models'),
    await ask('GET', '/openapi.json'),
  ];
  expect(asked.map(({ status }) => status)).toEqual([
    202, 200, 409, 400, 422, 400, 200, 404, 409, 404, 404, 200, 404, 200, 200, 200,
  ]);
  for (const { method, path, status } of asked) {
    const pattern = path
      .replace(/\/jobs\/[^/]+/, '/jobs/{id}')
      .replace(/images\/\d+/, 'images/{index}');
    const described = paths()[pattern]?.[method.toLowerCase()]?.responses ?? {};
    expect(Object.keys(described), `${method} ${path}`).toContain(String(status));
  }
});

test('the limits of a request are in the description', () => {
  const text = JSON.stringify(paths()['/jobs/{id}']?.['put']?.requestBody);
  expect(text).toContain('"maximum":4294967295');
  expect(text).toContain('"enum":["ddpm","ddim",');
});

/** The HTTP API as its callers see it, over a real port and with the engine in a real process. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { healthSchema } from '#contract/health.ts';
import { startRunningFunction, type RunningFunction } from '../../fakes/running-function.ts';
import { waitFor } from '../../fakes/wait-for.ts';
import { createRequest } from '../../fakes/create-request.ts';
import { PROMPTS } from '../../fakes/scripted-engine.ts';
import { createFunctionClient, readError } from './function-client.ts';

let running: RunningFunction;
beforeAll(async () => {
  running = await startRunningFunction({
    engine: { stepMs: 20 },
    board: { waitingMax: 60, waitingPerOwnerMax: 5 },
  });
});
afterAll(() => running.stop());

const { call, submit, view, untilStatus } = createFunctionClient(() => running.url);

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
    const answers = await Promise.all(Array.from({ length: 50 }, () => submit('fifty')));
    expect(answers.map((answer) => answer.status).toSorted((a, b) => a - b)).toEqual([
      ...Array.from({ length: 49 }, () => 200),
      202,
    ]);
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

describe('health', () => {
  test('is READY, BUSY while it draws, and always status 200', async () => {
    const health = async () => healthSchema.parse(await (await call('/health')).json());
    await waitFor('ready', async () => (await health()).status === 'READY');
    expect(await health()).toMatchObject({
      executionProvider: 'cpu',
      loadedModelId: 'scripted',
      jobsRunning: 0,
      jobsQueued: 0,
    });
    await submit('busy', { steps: 500 });
    await waitFor('busy', async () => (await health()).status === 'BUSY');
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
    await waitFor('failed', async () => (await health()).status === 'SETUP_FAILED');
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
        body: JSON.stringify({ request: createRequest({ prompt: PROMPTS.endProcess }) }),
      });
    await send('deadly');
    await waitFor('defunct', async () => {
      const { status } = healthSchema.parse(await (await fetch(`${dying.url}/health`)).json());
      return status === 'DEFUNCT';
    });
    const refused = await send('late');
    expect(refused.status).toBe(503);
    expect(await readError(refused)).toMatchObject({ code: 'not-ready', isRetryable: true });
    await dying.stop();
  });
});

test('the models are listed', async () => {
  expect(await (await call('/models')).json()).toMatchObject([{ id: 'scripted' }]);
});

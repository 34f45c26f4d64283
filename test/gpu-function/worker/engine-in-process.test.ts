/** The engine in the worker's own process: the same jobs, but nothing that can be killed. */
import { expect, test } from 'vitest';
import { createEngineInProcess } from '../../../gpu-function/worker/engine-in-process.ts';
import { createScriptedSetup, type ScriptedEngineOptions } from '../../fakes/scripted-engine.ts';
import { toJob } from '../../fakes/running-function.ts';
import { waitFor } from '../../fakes/wait-for.ts';
import { createSilentLogger } from '../../fakes/silent-logger.ts';

const create = (options: Partial<ScriptedEngineOptions> = {}) =>
  createEngineInProcess({
    setup: createScriptedSetup({ stepMs: 1, loadMs: 20, ...options }),
    logger: createSilentLogger(),
    nowMs: () => performance.now(),
  });
const run = (host: ReturnType<typeof create>, steps: number, signal: AbortSignal) =>
  host.run({ job: toJob('j1', { steps }), report: () => undefined, signal });

test('a job waits for the model and is drawn', async () => {
  const host = create();
  expect(host.status()).toMatchObject({ phase: 'starting', processId: process.pid });
  const outcome = await run(host, 3, new AbortController().signal);
  expect(outcome.status).toBe('succeeded');
  expect(host.status()).toMatchObject({ phase: 'ready', loadedModelId: 'scripted' });
  await host.close();
});

test('cancel works between steps, and before the model is there', async () => {
  const host = create();
  expect(await run(host, 3, AbortSignal.timeout(1))).toEqual({ status: 'canceled' });
  expect(await run(host, 1_000, AbortSignal.timeout(100))).toEqual({ status: 'canceled' });
  await host.close();
});

test('closing ends a running job instead of waiting for its last step', async () => {
  const host = create();
  const running = run(host, 1_000, new AbortController().signal);
  await waitFor('ready', () => host.status().phase === 'ready');
  const startedAtMs = performance.now();
  await host.close();
  expect(await running).toEqual({ status: 'canceled' });
  expect(performance.now() - startedAtMs).toBeLessThan(800);
});

test('a broken model is told until something was drawn', async () => {
  const host = create({ setupProblem: 'The file unet/model.onnx is cut short.' });
  await waitFor('ready', () => host.status().phase === 'ready');
  expect(host.status().problem).toBe('The file unet/model.onnx is cut short.');
  await run(host, 1, new AbortController().signal);
  expect(host.status().problem).toBeUndefined();
  await host.close();
});

/** The way to the GPU function over a queue, and what it says when no machine may be started. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createSqsBackend, type SqsBackendOptions } from '../../../bot/backends/sqs-backend.ts';
import { reportStart } from '../../../gpu-function/worker/report-start.ts';
import { testBackend } from '../../contracts/backend-contract.ts';
import { startLocalAws, type LocalAws } from '../../fakes/aws/local-aws.ts';
import { createCloud, startQueueWorker, type Cloud } from '../../fakes/aws/queue-worker.ts';
import { collectEvents, toJob } from '../../fakes/running-function.ts';
import { createSilentLogger } from '../../fakes/silent-logger.ts';

let aws: LocalAws;
beforeAll(async () => {
  aws = await startLocalAws();
});
afterAll(() => aws.stop());

const toBackend = (cloud: Cloud, changes: Partial<SqsBackendOptions> = {}) =>
  createSqsBackend({
    ...cloud,
    sqs: cloud.aws.sqs,
    wake: async () => {},
    ping: async () => {},
    pollMs: 20,
    ...changes,
  });

testBackend('sqs', async () => {
  const local = await startLocalAws();
  const cloud = await createCloud(local);
  const worker = startQueueWorker(cloud, { stepMs: 20 });
  const leaving = new AbortController();
  await reportStart({
    engineHost: worker.host,
    fleet: cloud.fleet,
    askedAtMs: Date.now() - 1_000,
    phasesMs: async () => ({}),
    write: () => {},
    nowMs: () => Date.now(),
    signal: leaving.signal,
    logger: createSilentLogger(),
  });
  return {
    backend: toBackend(cloud),
    async stop() {
      await worker.stop();
      await local.stop();
    },
  };
});

const never = () => new AbortController().signal;

test('while no machine runs, a job says that one is being started, and starts of the past tell how long', async () => {
  const cloud = await createCloud(aws);
  let wakes = 0;
  const backend = toBackend(cloud, { wake: async () => void (wakes += 1) });
  await cloud.fleet.write({ running: 0, wakeDurationsMs: [200_000, 240_000] });
  await backend.submit(toJob('cold'));
  const [first] = await collectEvents(backend.events('cold', never()), () => true);
  expect(first).toMatchObject({ type: 'engine-loading', stage: 'machine' });
  expect(await backend.wakeDurationsMs?.()).toEqual([200_000, 240_000]);
  expect(wakes).toBe(1);
});

test('a cancel while the machine is being started ends the job without one', async () => {
  const cloud = await createCloud(aws);
  const backend = toBackend(cloud);
  await cloud.fleet.write({ running: 0 });
  await backend.submit(toJob('changed-my-mind'));
  await backend.cancel('changed-my-mind');
  const events = await collectEvents(backend.events('changed-my-mind', never()));
  expect(events.at(-1)).toMatchObject({ outcome: { status: 'canceled' } });
  const worker = startQueueWorker(cloud, {}, { idleExitMs: 10 });
  await worker.done;
  await worker.stop();
  expect(await collectEvents(backend.events('changed-my-mind', never()))).toEqual(events);
});

test.each([
  ['paused', { isPaused: true }, 'Drawing is paused by the operator'],
  [
    'the day is used up',
    {
      usedDay: new Date().toISOString().slice(0, 10),
      usedGpuSeconds: 7_200,
      gpuSecondsPerDayMax: 7_200,
    },
    "Today's 2 hours of GPU time are used up",
  ],
])('%s: the job ends with a sentence and starts nothing', async (_, fleet, sentence) => {
  const cloud = await createCloud(aws);
  let wakes = 0;
  const backend = toBackend(cloud, { wake: async () => void (wakes += 1) });
  await cloud.fleet.write(fleet);
  await backend.submit(toJob('refused'));
  const events = await collectEvents(backend.events('refused', never()));
  expect(events).toMatchObject([
    { outcome: { status: 'failed', error: { message: expect.stringContaining(sentence) } } },
  ]);
  expect(wakes).toBe(0);
});

/** The whole worker as a process on a queue: its settings, its end, and what SIGTERM does to it. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { INITIAL_JOB_STATE, reduceJobState } from '#contract/job-state.ts';
import { startLocalAws, type LocalAws } from '../../fakes/aws/local-aws.ts';
import { createCloud, type Cloud } from '../../fakes/aws/queue-worker.ts';
import { projectFolder } from '../../source-files.ts';
import { toJob } from '../../fakes/running-function.ts';
import { waitFor } from '../../fakes/wait-for.ts';

const REAL = join(projectFolder, 'gpu-function/main.ts');
const SCRIPTED = join(projectFolder, 'test/fakes/aws/scripted-worker-main.ts');

let aws: LocalAws;
beforeAll(async () => {
  aws = await startLocalAws();
});
afterAll(() => aws.stop());

interface RunningWorker {
  child: ChildProcess;
  output(): string;
}

function run(entry: string, cloud: Cloud, changes: Record<string, string> = {}): RunningWorker {
  const child = spawn(process.execPath, [entry], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      ...aws.environment,
      JOB_SOURCE: 'sqs',
      JOBS_QUEUE_URL: cloud.jobsQueueUrl,
      EVENTS_QUEUE_URL: cloud.eventsQueueUrl,
      RUNS_TABLE: cloud.runsTable,
      PICTURES_BUCKET: cloud.bucketName,
      IDLE_EXIT_SECONDS: '1',
      USD_PER_MACHINE_HOUR: '0.8',
      LOG_LEVEL: 'error',
      ...changes,
    },
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
  }
  return { child, output: () => text };
}

const ended = async ({ child }: RunningWorker): Promise<unknown> =>
  child.exitCode ?? (await once(child, 'exit'))[0];

test('draws with the built-in model, counts what it cost, and leaves when there is nothing more', async () => {
  const cloud = await createCloud(aws);
  await cloud.send(toJob('apple', { prompt: 'a red apple', steps: 2 }));
  const worker = run(REAL, cloud);
  expect(await ended(worker)).toBe(0);
  const events = await cloud.table.eventsAfter('apple', 0);
  const state = events.map(({ event }) => event).reduce(reduceJobState, INITIAL_JOB_STATE);
  expect(state).toMatchObject({ status: 'succeeded' });
  const line = worker
    .output()
    .split('\n')
    .find((text) => text.includes('"Jobs":1'));
  const metrics = JSON.parse(line ?? '{}') as Record<string, number>;
  expect(metrics).toMatchObject({ Jobs: 1, Status: 'succeeded' });
  expect(metrics['CostUsdEstimate']).toBeCloseTo(((metrics['GpuSeconds'] ?? 0) / 3_600) * 0.8, 9);
});

test('SIGTERM: a short job is finished, a long one goes back to the queue', async () => {
  const cloud = await createCloud(aws);
  const isDrawing = (id: string) =>
    waitFor('a step', async () => (await cloud.table.eventsAfter(id, 0)).length > 2);
  await cloud.send(toJob('short', { steps: 20 }));
  const patient = run(SCRIPTED, cloud, { IDLE_EXIT_SECONDS: '60' });
  await isDrawing('short');
  patient.child.kill('SIGTERM');
  expect(await ended(patient)).toBe(0);
  expect((await cloud.table.last('short'))?.event.type).toBe('job-end');

  await cloud.send(toJob('endless', { steps: 1_000 }));
  const hurried = run(SCRIPTED, cloud, { SHUTDOWN_GRACE_SECONDS: '0', IDLE_EXIT_SECONDS: '60' });
  await isDrawing('endless');
  hurried.child.kill('SIGTERM');
  expect(await ended(hurried)).toBe(0);
  expect((await cloud.table.last('endless'))?.event.type).not.toBe('job-end');
  expect((await cloud.table.claim('endless', 1_000)).kind).toBe('claimed');
});

test('a missing setting is refused with its name', async () => {
  const cloud = await createCloud(aws);
  const worker = run(REAL, cloud, { RUNS_TABLE: '' });
  expect(await ended(worker)).toBe(2);
  expect(worker.output()).toContain('RUNS_TABLE is not set');
});

/** The engine in a process of its own: it may die at any moment, and jobs come out all the same. */
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, onTestFinished, test } from 'vitest';
import type { JobEvent, JobEventBody } from '#contract/job-event.ts';
import type { Job } from '#contract/job.ts';
import type { EngineHost } from '../../../gpu-function/worker/engine-host.ts';
import { createJobLog, type JobLog } from '../../../gpu-function/worker/job-log.ts';
import { runJob } from '../../../gpu-function/worker/run-job.ts';
import { createScriptedProcess, toJob } from '../../fakes/running-function.ts';
import { waitFor } from '../../fakes/wait-for.ts';
import { createSilentLogger } from '../../fakes/silent-logger.ts';
import { isAlive } from '../../processes.ts';
import { PROMPTS } from '../../fakes/scripted-engine.ts';

let host: EngineHost;
afterEach(() => host.close());

interface Running {
  log: JobLog;
  cancel: () => void;
  done: ReturnType<typeof runJob>;
}

function start(job: Job, timeoutMs = 60_000): Running {
  const log = createJobLog({ jobId: job.id, logId: 'log', nowMs: () => Date.now() });
  const controller = new AbortController();
  const taken = { job, log, signal: controller.signal, queueMs: 3 };
  return {
    log,
    cancel: () => controller.abort(),
    done: runJob(taken, { host, timeoutMs, logger: createSilentLogger() }),
  };
}

function events(log: JobLog): JobEvent[] {
  const found: JobEvent[] = [];
  for (let event = log.next(0); event !== undefined; event = log.next(event.sequence)) {
    found.push(event);
  }
  return found;
}

async function newEntryPath(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'engine-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return join(folder, 'engine.mjs');
}

const stepOf = (log: JobLog) => (log.state.status === 'denoising' ? log.state.step : 0);
const untilStep = (log: JobLog, step: number) => waitFor(`step ${step}`, () => stepOf(log) >= step);
const kill = () => process.kill(host.status().processId ?? 0, 'SIGKILL');

test('a picture comes out, with its place in the queue timed and its previews on the way', async () => {
  host = createScriptedProcess();
  const { log, done } = start(toJob('j1', { count: 2 }));
  const { outcome, images } = await done;
  expect(outcome).toMatchObject({ status: 'succeeded', result: { timings: { queueMs: 3 } } });
  expect(images.map((image) => [...image.subarray(1, 4)])).toEqual([
    [0x50, 0x4e, 0x47],
    [0x50, 0x4e, 0x47],
  ]);
  expect(events(log).filter((event) => event.type === 'step-end')).toHaveLength(10);
});

test('an engine that is killed in the middle costs time, not the picture', async () => {
  host = createScriptedProcess({ stepMs: 20 });
  const calm = await start(toJob('calm')).done;
  const { log, done } = start(toJob('j1'));
  await untilStep(log, 3);
  kill();
  const { outcome, images } = await done;
  expect(outcome.status).toBe('succeeded');
  expect(images.map((image) => Buffer.from(image).toString('hex'))).toEqual(
    calm.images.map((image) => Buffer.from(image).toString('hex')),
  );
  const told = events(log).filter((event) => 'attempt' in event);
  expect(told.map((event) => [event.type, event.attempt])).toEqual([
    ['job-start', 1],
    ['engine-loading', 2],
    ['job-start', 2],
  ]);
});

test('a job that kills every engine is given up after three, in one sentence', async () => {
  host = createScriptedProcess();
  const { done } = start(toJob('j1', { prompt: PROMPTS.endProcess }));
  expect((await done).outcome).toEqual({
    status: 'failed',
    error: {
      code: 'engine-crashed',
      message:
        'The engine died 3 times over this picture; ask for fewer pictures or a smaller size.',
      isRetryable: true,
    },
  });
  expect((await start(toJob('j2')).done).outcome.status).toBe('succeeded');
});

test('cancel while the engine is starting ends the job at once and leaves the engine alone', async () => {
  host = createScriptedProcess({ loadMs: 400 });
  const { processId } = host.status();
  const { log, cancel, done } = start(toJob('j1'));
  await waitFor('loading', () => log.state.status === 'starting');
  cancel();
  const canceledAtMs = performance.now();
  expect((await done).outcome.status).toBe('canceled');
  expect(performance.now() - canceledAtMs).toBeLessThan(100);
  expect((await start(toJob('j2')).done).outcome.status).toBe('succeeded');
  expect(host.status().processId).toBe(processId);
});

test('cancel while it draws ends the job within one step', async () => {
  host = createScriptedProcess({ stepMs: 100 });
  const { log, cancel, done } = start(toJob('j1', { steps: 100 }));
  await untilStep(log, 2);
  const stepAtCancel = stepOf(log);
  cancel();
  expect((await done).outcome.status).toBe('canceled');
  const steps = events(log).filter((event) => event.type === 'step-end');
  expect(steps.length).toBeLessThanOrEqual(stepAtCancel + 1);
});

test('an engine that ignores its cancel is killed after the grace time, and the next job runs', async () => {
  host = createScriptedProcess({ stepMs: 20 }, { cancelGraceMs: 100 });
  const { log, cancel, done } = start(toJob('j1', { steps: 1_000, prompt: PROMPTS.ignoreCancel }));
  await untilStep(log, 2);
  const firstProcessId = host.status().processId ?? 0;
  cancel();
  expect((await done).outcome.status).toBe('canceled');
  expect(isAlive(firstProcessId)).toBe(false);
  expect((await start(toJob('j2')).done).outcome.status).toBe('succeeded');
  expect(host.status().processId).not.toBe(firstProcessId);
});

test('an engine that hangs in the middle is killed, and the job is drawn by the next one', async () => {
  host = createScriptedProcess({ stepMs: 20 }, { stallTimeoutMs: 500 });
  const { log, done } = start(toJob('j1', { steps: 30 }));
  await untilStep(log, 2);
  const firstProcessId = host.status().processId ?? 0;
  process.kill(firstProcessId, 'SIGSTOP');
  expect((await done).outcome.status).toBe('succeeded');
  expect(isAlive(firstProcessId)).toBe(false);
});

test('a job that takes too long fails, and the sentence names the limit', async () => {
  host = createScriptedProcess({ stepMs: 20 }, { cancelGraceMs: 50 });
  await start(toJob('warm')).done;
  const job = toJob('j1', { steps: 1_000, prompt: PROMPTS.ignoreCancel });
  const { outcome } = await start(job, 1_000).done;
  expect(outcome).toMatchObject({ status: 'failed', error: { code: 'engine-timeout' } });
  expect(outcome).toHaveProperty('error.message', expect.stringContaining('1 seconds'));
});

test('an error of the engine reaches the person as its sentence; a surprise does not leak its text', async () => {
  host = createScriptedProcess();
  const known = await start(toJob('j1', { prompt: PROMPTS.throwGenerationError })).done;
  expect(known.outcome).toMatchObject({
    status: 'failed',
    error: { code: 'size-unsupported', message: 'The tyre has no air; choose another one.' },
  });
  const unknown = await start(toJob('j2', { prompt: PROMPTS.throwError })).done;
  expect(unknown.outcome).toMatchObject({ status: 'failed', error: { code: 'internal' } });
  expect(JSON.stringify(unknown)).not.toContain('secret');
});

test('an engine that can not even start is defunct after some tries, says so, and heals', async () => {
  const entryPath = await newEntryPath();
  writeFileSync(entryPath, 'process.exit(3);');
  const limits = { restartDelayMs: { first: 10, max: 50 }, healedAfterMs: 50 };
  host = createScriptedProcess({}, limits, entryPath);
  await waitFor('defunct', () => host.status().phase === 'defunct');
  expect(host.status().problem).toContain('The engine ended 5 times in a row');
  expect((await start(toJob('j1')).done).outcome).toMatchObject({
    status: 'failed',
    error: { code: 'engine-crashed', isRetryable: true },
  });
  const real = join(import.meta.dirname, '..', '..', 'fakes', 'scripted-engine-main.ts');
  writeFileSync(
    entryPath,
    `process.argv[2] = '{"stepMs":1,"loadMs":1}'; await import(${JSON.stringify(real)});`,
  );
  await waitFor('ready', () => host.status().phase === 'ready');
  expect((await start(toJob('j2')).done).outcome.status).toBe('succeeded');
});

test('an engine that speaks nonsense is replaced', async () => {
  const entryPath = await newEntryPath();
  writeFileSync(entryPath, 'process.send({ type: "poem" }); setInterval(() => 0, 1000);');
  host = createScriptedProcess({}, { restartDelayMs: { first: 1_000, max: 1_000 } }, entryPath);
  const { processId = 0 } = host.status();
  await waitFor('killed', () => !isAlive(processId));
  expect(host.status().phase).toBe('starting');
});

test('a default model that can not be loaded is told by the status, until something was drawn', async () => {
  host = createScriptedProcess({ setupProblem: 'The file unet/model.onnx is cut short.' });
  await waitFor('ready', () => host.status().phase === 'ready');
  expect(host.status().problem).toBe('The file unet/model.onnx is cut short.');
  await start(toJob('j1')).done;
  expect(host.status().problem).toBeUndefined();
});

test('the models are known before the default one is loaded', async () => {
  host = createScriptedProcess({ loadMs: 3_000 });
  expect(await host.models()).toMatchObject([{ id: 'scripted', isDefault: true }]);
  expect(host.status().phase).toBe('starting');
});

test('closing ends the process', async () => {
  host = createScriptedProcess();
  await waitFor('ready', () => host.status().phase === 'ready');
  const { processId = 0 } = host.status();
  await host.close();
  expect(isAlive(processId)).toBe(false);
});

test('what a lost run still says does not reach the next job', async () => {
  host = createScriptedProcess({ stepMs: 30 });
  const first = start(toJob('j1', { seed: 1, steps: 4 }));
  await untilStep(first.log, 1);
  first.cancel();
  await first.done;
  const heard: JobEventBody[] = [];
  const { signal } = new AbortController();
  await host.run({ job: toJob('j2', { steps: 2 }), report: (event) => heard.push(event), signal });
  expect(heard.map((event) => event.type)).toEqual([
    'job-start',
    'step-end',
    'step-end',
    'decode-start',
  ]);
});

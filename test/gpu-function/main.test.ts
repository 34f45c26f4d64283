/** The real function as a process: its address line, its refusals, its end, and pictures that survive a killed engine. */
import { fork, spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createHttpBackend } from '../../bot/backends/http-backend.ts';
import type { Backend } from '../../bot/core/ports.ts';
import { collectEvents, toJob } from '../fakes/running-function.ts';
import { waitFor } from '../fakes/wait-for.ts';
import { isAlive } from '../processes.ts';

const ENTRY = join(import.meta.dirname, '..', '..', 'gpu-function', 'main.ts');
const TOKEN = 'a-token-that-nobody-may-see';
const never = () => new AbortController().signal;

interface Started {
  child: ChildProcess;
  /** The first line on standard output. */
  line: Record<string, unknown>;
  stderr: () => string;
}

const children: ChildProcess[] = [];
const shared: ChildProcess[] = [];
afterEach(() => Promise.all(children.splice(0).map(end)));

async function end(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

// The tests of other files want the processor too.
const environmentOf = (changes: Record<string, string>) => {
  const { PATH = '' } = process.env;
  return { PATH, PORT: '0', ENGINE_NICENESS: '0', ...changes };
};

async function start(environment: Record<string, string> = {}, isOwn = true): Promise<Started> {
  const child = fork(ENTRY, [], {
    env: environmentOf(environment),
    execArgv: [],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  return watch(child, isOwn);
}

/** As a container runs it: nobody's fork. */
function startAlone(environment: Record<string, string> = {}): Promise<Started> {
  const child = spawn(process.execPath, [ENTRY], {
    env: environmentOf(environment),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return watch(child, true);
}

async function watch(child: ChildProcess, isOwn: boolean): Promise<Started> {
  (isOwn ? children : shared).push(child);
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  if (child.stdout === null) throw new Error('There is no standard output.');
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return { child, line: JSON.parse(line) as Started['line'], stderr: () => stderr };
}

const connect = ({ line }: Started, token?: string): Backend =>
  createHttpBackend({ endpoint: { url: String(line['url']), token } });
const untilReady = (backend: Backend) =>
  waitFor('ready', async () => (await backend.health()).status === 'READY');

async function digests(backend: Backend, jobId: string): Promise<string[]> {
  const end = (await collectEvents(backend.events(jobId, never()))).at(-1);
  const outcome = end?.type === 'job-end' ? end.outcome : undefined;
  if (outcome?.status !== 'succeeded') throw new Error(`Not drawn: ${JSON.stringify(outcome)}`);
  const images = outcome.result.images.map(({ index }) => backend.image(jobId, index));
  return (await Promise.all(images)).map((image) =>
    createHash('sha256').update(image).digest('hex'),
  );
}

describe('with the built-in model', () => {
  let backend: Backend;
  beforeAll(async () => {
    backend = connect(await start({}, false));
    await untilReady(backend);
  });
  afterAll(() => Promise.all(shared.splice(0).map(end)));

  test('a picture is the same after its engine was killed in the middle, and quick answers go on meanwhile', async () => {
    await backend.submit(toJob('calm', { steps: 6 }));
    const calm = await digests(backend, 'calm');
    await backend.submit(toJob('killed', { steps: 6 }));
    for await (const event of backend.events('killed', never())) {
      if (event.type === 'step-end' && event.step === 3) break;
    }
    process.kill((await backend.health()).engineProcessId ?? 0, 'SIGKILL');
    const latenciesMs: number[] = [];
    const done = new AbortController();
    const killed = digests(backend, 'killed').finally(() => done.abort());
    while (!done.signal.aborted) {
      const startedAtMs = performance.now();
      await backend.health();
      latenciesMs.push(performance.now() - startedAtMs);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(await killed).toEqual(calm);
    // Half a step of the engine: an answer that waits for the engine would take longer than this.
    expect(latenciesMs.toSorted((a, b) => a - b)[Math.floor(latenciesMs.length / 2)]).toBeLessThan(
      50,
    );
  });

  test('cancel ends a running job within one step', async () => {
    await backend.submit(toJob('j1', { steps: 200 }));
    let stepsAfterCancel = -1;
    for await (const event of backend.events('j1', never())) {
      if (event.type !== 'step-end') continue;
      if (stepsAfterCancel >= 0) stepsAfterCancel += 1;
      if (event.step === 2) {
        await backend.cancel('j1');
        stepsAfterCancel = 0;
      }
    }
    // One may have been on its way when the cancel was sent, one may have been running.
    expect(stepsAfterCancel).toBeLessThanOrEqual(2);
  });

  test('the engine may share the process, for snapshots', async () => {
    const started = await start({ ISOLATION: 'none' });
    const backend = connect(started);
    await untilReady(backend);
    expect((await backend.health()).engineProcessId).toBe(started.child.pid);
    await backend.submit(toJob('j1', { steps: 2 }));
    expect(await digests(backend, 'j1')).toHaveLength(1);
  });
});

describe('its end', () => {
  test.each(['SIGTERM', 'SIGKILL'] as const)('%s leaves no engine behind', async (signal) => {
    const started = await start();
    const backend = connect(started);
    const { engineProcessId = 0 } = await backend.health();
    started.child.kill(signal);
    const [code] = (await once(started.child, 'exit')) as [number | null];
    await waitFor('engine gone', () => !isAlive(engineProcessId));
    expect(code).toBe(signal === 'SIGTERM' ? 0 : null);
  });
});

describe('told to stop', () => {
  test('it draws what it is drawing, hands it over, takes nothing new, and ends', async () => {
    const started = await startAlone();
    const backend = connect(started);
    await untilReady(backend);
    await backend.submit(toJob('last', { steps: 12 }));
    for await (const event of backend.events('last', never())) {
      if (event.type === 'step-end') break;
    }
    await backend.submit(toJob('waiting', { steps: 1 }));
    started.child.kill('SIGTERM');
    await waitFor('stopping', () => started.stderr().includes('Told to stop'));
    await expect(backend.submit(toJob('late', { steps: 1 }))).rejects.toThrow(/is being stopped/);
    expect(await digests(backend, 'last')).toHaveLength(1);
    const [code] = (await once(started.child, 'exit')) as [number | null];
    expect(code).toBe(0);
  });
});

describe('the log', () => {
  test('is JSON lines without the token', async () => {
    const started = await start({ GPU_FUNCTION_TOKEN: TOKEN, LOG_LEVEL: 'debug' });
    const backend = connect(started, TOKEN);
    await untilReady(backend);
    await backend.submit(toJob('j1', { steps: 1 }));
    await digests(backend, 'j1');
    await waitFor('logged', () => started.stderr().includes('Job ended'));
    const lines = started.stderr().trim().split('\n');
    expect(lines.length).toBeGreaterThan(1);
    expect(lines.map((line) => typeof JSON.parse(line))).toEqual(lines.map(() => 'object'));
    expect(started.stderr()).not.toContain(TOKEN);
  });
});

describe('what can not work is refused in one line, with exit code 2', () => {
  async function refusal(environment: Record<string, string>) {
    const started = await start(environment);
    const [code] = (await once(started.child, 'exit')) as [number | null];
    return { code, line: started.line };
  }

  test('an open door without a token', async () => {
    expect(await refusal({ HOST: '0.0.0.0' })).toEqual({
      code: 2,
      line: {
        event: 'refused',
        message:
          'HOST is "0.0.0.0", which other machines can reach; set GPU_FUNCTION_TOKEN to a secret of 16 or more characters, or HOST to 127.0.0.1.',
      },
    });
  });

  test('a port that is taken', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const { code, line } = await refusal({ PORT: String(port) });
    other.close();
    expect(code).toBe(2);
    expect(line['message']).toContain(`127.0.0.1:${port} (EADDRINUSE); set PORT to a free port`);
  });
});

/** The function beside the bot: comes back when it dies, and goes when the bot goes. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import {
  createLocalProcessBackend,
  type LocalProcessBackend,
} from '../../../bot/backends/local-process-backend.ts';
import { testBackend } from '../../contracts/backend-contract.ts';
import {
  BOT_WITH_FUNCTION,
  SCRIPTED_FUNCTION,
  collectEvents,
  toJob,
} from '../../fakes/running-function.ts';
import { waitFor } from '../../fakes/wait-for.ts';
import { createSilentLogger } from '../../fakes/silent-logger.ts';
import { isAlive } from '../../processes.ts';

const fakes = join(import.meta.dirname, '..', '..', 'fakes');
const entryPath = SCRIPTED_FUNCTION;
const never = () => new AbortController().signal;

let backend: LocalProcessBackend | undefined;
const start = (options: Partial<Parameters<typeof createLocalProcessBackend>[0]> = {}) => {
  backend = createLocalProcessBackend({
    environment: process.env,
    logger: createSilentLogger(),
    entryPath,
    ...options,
  });
  return backend;
};
afterEach(() => backend?.stop());

testBackend('local process', async () => {
  const backend = createLocalProcessBackend({
    environment: process.env,
    logger: createSilentLogger(),
    entryPath,
  });
  return { backend, stop: () => backend.stop() };
});

test('a function that is killed in the middle comes back; the job is handed over again and drawn', async () => {
  const backend = start();
  await backend.submit(toJob('j1', { steps: 200 }));
  const engineProcessId = (await backend.health()).engineProcessId ?? 0;
  const events = collectEvents(backend.events('j1', never()));
  for await (const event of backend.events('j1', never())) {
    if (event.type === 'step-end') break;
  }
  process.kill(backend.processId() ?? 0, 'SIGKILL');
  await expect(events).rejects.toMatchObject({ code: 'job-unknown', isRetryable: true });
  await waitFor('no orphan', () => !isAlive(engineProcessId));
  await backend.submit(toJob('j1', { steps: 3 }));
  const after = await collectEvents(backend.events('j1', never()));
  expect(after.at(-1)).toMatchObject({ outcome: { status: 'succeeded' } });
});

test('stopping ends the function and its engine within seconds, also while it draws', async () => {
  const backend = start();
  await backend.submit(toJob('j1', { steps: 1_000 }));
  const { engineProcessId = 0 } = await backend.health();
  const functionProcessId = backend.processId() ?? 0;
  const startedAtMs = performance.now();
  await backend.stop();
  expect(performance.now() - startedAtMs).toBeLessThan(3_000);
  expect(isAlive(functionProcessId)).toBe(false);
  await waitFor('no orphan', () => !isAlive(engineProcessId));
  await expect(backend.health()).rejects.toMatchObject({ code: 'unreachable' });
});

test('a bot that is killed leaves nothing running', async () => {
  const bot = fork(BOT_WITH_FUNCTION, { execArgv: [] });
  const [ids] = (await once(bot, 'message')) as [{ functionId: number; engineId: number }];
  expect(isAlive(ids.functionId) && isAlive(ids.engineId)).toBe(true);
  bot.kill('SIGKILL');
  await waitFor('function gone', () => !isAlive(ids.functionId));
  await waitFor('engine gone', () => !isAlive(ids.engineId));
});

test('a function that refuses its configuration says why', async () => {
  const backend = start({ environment: { ...process.env, EXECUTION_PROVIDER: 'abacus' } });
  await expect(backend.health()).rejects.toMatchObject({
    code: 'invalid-request',
    message:
      'The image function cannot start. EXECUTION_PROVIDER is "abacus"; it must be cpu or cuda. Leave it out for the default. Then start the bot again.',
  });
});

test('a function that never listens is told after a while', async () => {
  // A module that does nothing at all, and so ends at once.
  const entryPath = join(fakes, 'png-writer.ts');
  const backend = start({ entryPath, startTimeoutMs: 300 });
  await expect(backend.health()).rejects.toMatchObject({
    code: 'unreachable',
    message: expect.stringContaining('does not start'),
  });
});

test('the function does not see the bot’s secrets', async () => {
  const backend = start({ environment: { ...process.env, DISCORD_TOKEN: 'very-secret' } });
  await backend.health();
  const { readFile } = await import('node:fs/promises');
  const environment = await readFile(`/proc/${backend.processId()}/environ`, 'utf8');
  expect(environment).toContain('GPU_FUNCTION_TOKEN=');
  expect(environment).not.toContain('very-secret');
});

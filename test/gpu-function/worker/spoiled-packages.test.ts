/** Packages that are spoiled in many ways, in the function as it runs: each ends in pictures or in one sentence. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { healthSchema } from '#contract/health.ts';
import { isTerminal } from '#contract/job-state.ts';
import { createDice, spoilBytes, spoilJson } from '../../fakes/spoil-file.ts';
import { writeTinyPackage } from '../../fakes/tiny-package.ts';
import { peakMemoryMiB, startProgram, stopProgram } from '../../processes.ts';
import type { StartedProgram } from '../../processes.ts';
import { createFunctionClient } from './function-client.ts';

/** SPOIL_PACKAGES and SPOIL_SEED look further than a run of all tests has time for. */
const PACKAGES = Number(process.env['SPOIL_PACKAGES'] ?? 20);
const SEED = Number(process.env['SPOIL_SEED'] ?? 20_261_125);
const PATIENCE_MS = 60_000 + PACKAGES * 1_000;
/** A whole engine with the built-in model takes about 300; a spoiled size must not become an allocation. */
const ENGINE_MIB_MAX = 1_500;

let folder: string;
let program: StartedProgram;
const spoiledBy = new Map<string, string>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spoiled-'));
  const roll = createDice(SEED);
  for (let index = 0; index < PACKAGES; index++) {
    const id = `spoiled-${index}`;
    await writeTinyPackage(join(folder, id), {
      ...(index % 3 === 0 ? { className: 'StableDiffusionXLPipeline', isLarge: true } : {}),
      ...(index % 4 === 0 ? { externalFile: 'weights.pb' } : {}),
    });
    const entries = await readdir(join(folder, id), { recursive: true, withFileTypes: true });
    const files = entries.filter(
      (entry) => entry.isFile() && !entry.name.startsWith('vae_encoder'),
    );
    const file = files[roll(files.length)];
    if (file === undefined) throw new Error('the package has no files');
    const path = join(file.parentPath, file.name);
    const isJson = file.name.endsWith('.json') && roll(4) > 0;
    const how = isJson ? await spoilJson(path, roll) : await spoilBytes(path, roll);
    spoiledBy.set(id, `${path.slice(folder.length + 1)}: ${how}`);
  }
  program = await startProgram('gpu-function/main.ts', {
    PORT: '0',
    MODEL_DIR: folder,
    LOG_LEVEL: 'silent',
    QUEUE_MAX: '1000',
    QUEUE_PER_OWNER_MAX: '1000',
  });
}, PATIENCE_MS);
afterAll(async () => {
  await stopProgram(program);
  await rm(folder, { recursive: true });
});

test(
  'no package brings the function down, keeps it waiting, or fails without a sentence',
  async () => {
    const { url } = JSON.parse(program.firstLine) as { url: string };
    const client = createFunctionClient(() => url);
    const odd: string[] = [];
    const outcomes = { succeeded: 0, failed: 0 };
    for (const [id, how] of spoiledBy) {
      const { status } = await client.submit(id, { modelId: id, steps: 2 });
      expect(status, `${id}: ${how}`).toBeLessThan(300);
    }
    const deadlineMs = performance.now() + PATIENCE_MS;
    for (const [id, how] of spoiledBy) {
      let { state } = await client.view(id);
      while (!isTerminal(state) && performance.now() < deadlineMs) {
        await delay(10);
        ({ state } = await client.view(id));
      }
      if (state.status === 'succeeded') outcomes.succeeded += 1;
      else if (state.status === 'failed') outcomes.failed += 1;
      const isSaid = state.status !== 'failed' || isSentence(state.error.message);
      const isOurFault = state.status === 'failed' && state.error.code === 'internal';
      if (!isTerminal(state) || !isSaid || isOurFault) {
        odd.push(`${id} (${how}): ${JSON.stringify(state).slice(0, 300)}`);
      }
    }
    expect(odd).toEqual([]);
    // Some changes hurt nobody, most are noticed: a test whose files are all whole, or all cut, would show nothing.
    expect(outcomes.succeeded).toBeGreaterThan(PACKAGES / 20);
    expect(outcomes.failed).toBeGreaterThan(PACKAGES / 5);
    const health = healthSchema.parse(await (await client.call('/health')).json());
    expect(health.status).toBe('READY');
    expect(peakMemoryMiB(health.engineProcessId ?? 0)).toBeLessThan(ENGINE_MIB_MAX);
    const models = (await (await client.call('/models')).json()) as unknown[];
    expect(models.length).toBe(PACKAGES + 1);
    await client.submit('whole', { modelId: 'icons-128', steps: 2 });
    await client.untilStatus('whole', 'succeeded');
  },
  PATIENCE_MS + 10_000,
);

/** One line that ends as a sentence does, and shows no path of this machine. */
function isSentence(message: string): boolean {
  return /^\S[^\n]{10,600}[.?]$/.test(message) && !message.includes(tmpdir());
}

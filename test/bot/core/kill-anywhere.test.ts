/** A bot that is killed at any moment, again and again, keeps every promise it made. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import * as z from 'zod';
import type { ImageStore, JobRecord } from '../../../bot/core/ports.ts';
import { openDiskImageStore } from '../../../bot/stores/disk-image-store.ts';
import { openSqliteStores } from '../../../bot/stores/open-sqlite-stores.ts';
import { makePicture } from '../../fakes/job-records.ts';
import { createSilentLogger } from '../../fakes/silent-logger.ts';
import { makeTemporaryFolder } from '../../fakes/temporary-folder.ts';

const KILLS = 6;
const acceptedSchema = z.object({ id: z.string(), command: z.string() });
type Accepted = z.infer<typeof acceptedSchema>;

function startBot(dataDir: string, run: string) {
  const script = join(import.meta.dirname, '../../fakes/killable-bot-main.ts');
  const child = spawn(process.execPath, [script, dataDir, run], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return { child, lines: createInterface(child.stdout), exited: once(child, 'exit') };
}

/** Lets the bot accept jobs for a moment of random length, kills it, and returns what it had accepted. */
async function runAndKill(dataDir: string, run: string): Promise<Accepted[]> {
  const { child, lines, exited } = startBot(dataDir, run);
  const accepted: Accepted[] = [];
  lines.on('line', (line) => accepted.push(acceptedSchema.parse(JSON.parse(line))));
  await Promise.race([once(lines, 'line'), exited]);
  await sleep(Math.random() * 120);
  child.kill('SIGKILL');
  await exited;
  return accepted;
}

/** What the person got: the pictures of the request, or a sentence. Throws when it is neither. */
async function readAnswer(record: JobRecord, imageStore: ImageStore): Promise<string> {
  if (record.state.status === 'failed') return record.state.error.message;
  if (record.state.status !== 'succeeded') return record.state.status;
  for (const { index } of record.state.result.images) {
    const stored = Buffer.from((await imageStore.get(record.id, index)) ?? []);
    if (!stored.equals(makePicture(record.request, index))) return `picture ${index} is not whole`;
  }
  return 'pictures';
}

test('every accepted job ends in its pictures or in a sentence, and the channel is told', async () => {
  const dataDir = makeTemporaryFolder();
  const accepted: Accepted[] = [];
  for (let run = 0; run < KILLS; run += 1) accepted.push(...(await runAndKill(dataDir, `${run}`)));
  const { lines, exited } = startBot(dataDir, 'settle');
  expect(await once(lines, 'line')).toEqual(['{"settled":true}']);
  expect((await exited)[0]).toBe(0);

  const { jobStore } = openSqliteStores({
    dataDir,
    clock: { nowMs: () => Date.now() },
    logger: createSilentLogger(),
  });
  const imageStore = await openDiskImageStore({ dataDir });
  const channel = new Set(readFileSync(join(dataDir, 'channel.log'), 'utf8').split('\n'));
  expect(accepted.length).toBeGreaterThanOrEqual(KILLS);
  for (const { id, command } of accepted) {
    const record = await jobStore.get(id);
    if (record === undefined) throw new Error(`the accepted job ${command} is gone`);
    expect(record.command).toBe(command);
    const answer = await readAnswer(record, imageStore);
    const expected = command.startsWith('broken')
      ? 'The model is broken; pull it again.'
      : 'pictures';
    expect(answer).toBe(expected);
    expect(channel).toContain(`${id} ${record.state.status}`);
  }
  await jobStore.close();
}, 60_000);

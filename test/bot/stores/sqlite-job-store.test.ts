/** Jobs in SQLite: one bot at a time, nothing lost, and a sentence for each way a folder can be unfit. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, expect, test } from 'vitest';
import { openSqliteStores } from '../../../bot/stores/open-sqlite-stores.ts';
import { describeJobStore } from '../../contracts/job-store-contract.ts';
import { makeRecord, makeSucceeded } from '../../fakes/job-records.ts';
import { createSilentLogger } from '../../fakes/silent-logger.ts';
import { makeTemporaryFolder } from '../../fakes/temporary-folder.ts';
import { withSmallDisk } from '../../fakes/small-disk.ts';

const logger = createSilentLogger();
const clock = { nowMs: () => Date.now() };
const open = (dataDir = makeTemporaryFolder()) =>
  openSqliteStores({ dataDir, clock, logger }).jobStore;

describeJobStore('sqlite', async () => open());

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

async function openElsewhere(dataDir: string): Promise<{ child: ChildProcess; line: string }> {
  const script = join(import.meta.dirname, '../../fakes/open-store-main.ts');
  const child = spawn(process.execPath, [script, dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  return { child, line };
}

test('jobs are there after the bot was started again', async () => {
  const dataDir = makeTemporaryFolder();
  const first = open(dataDir);
  await first.insert(makeRecord());
  await first.close();
  const second = open(dataDir);
  expect(await second.get('job-1')).toEqual(makeRecord());
  await second.close();
});

test('a second bot on the same DATA_DIR gets a sentence, also in the same process', async () => {
  const dataDir = makeTemporaryFolder();
  const { line } = await openElsewhere(dataDir);
  expect(line).toBe('open');
  expect(() => open(dataDir)).toThrow(
    `DATA_DIR ${dataDir} is in use by another bot; stop that one, or set DATA_DIR to another folder.`,
  );
  expect((await openElsewhere(dataDir)).line).toContain('in use by another bot');
});

test('the lock of a killed bot is free at once', async () => {
  const dataDir = makeTemporaryFolder();
  const { child } = await openElsewhere(dataDir);
  child.kill('SIGKILL');
  await once(child, 'exit');
  const store = open(dataDir);
  expect(await store.listOpen()).toEqual([]);
  await store.close();
});

test('a DATA_DIR that cannot be a folder is refused with the remedy', () => {
  const folder = makeTemporaryFolder();
  writeFileSync(join(folder, 'file'), '');
  const dataDir = join(folder, 'file', 'data');
  expect(() => open(dataDir)).toThrow(
    `DATA_DIR ${dataDir} cannot be written (ENOTDIR); make it a folder that the bot may write, or set DATA_DIR to another one.`,
  );
});

test('a DATA_DIR that was removed under the running bot accepts no job', async () => {
  const dataDir = makeTemporaryFolder();
  const store = open(dataDir);
  rmSync(join(dataDir, 'jobs.sqlite'));
  await expect(store.insert(makeRecord())).rejects.toThrow(/was removed while the bot runs/);
  await store.close();
});

test('a damaged database is refused, named, and left as it is', () => {
  const dataDir = makeTemporaryFolder();
  const file = join(dataDir, 'jobs.sqlite');
  writeFileSync(file, 'not a database '.repeat(500));
  expect(() => open(dataDir)).toThrow(`${file} is damaged or not a database; move it away`);
  expect(existsSync(file)).toBe(true);
});

test('the database of a newer bot is refused', async () => {
  const dataDir = makeTemporaryFolder();
  await open(dataDir).close();
  const database = new DatabaseSync(join(dataDir, 'jobs.sqlite'));
  database.exec('PRAGMA user_version = 99');
  database.close();
  expect(() => open(dataDir)).toThrow('was written by a newer version of this bot (99');
});

test('one row that cannot be read is told to the log and does not hide the others', async () => {
  const dataDir = makeTemporaryFolder();
  const first = open(dataDir);
  await first.insert(makeRecord({ id: 'broken' }));
  await first.insert(makeRecord({ id: 'whole' }));
  await first.close();
  const database = new DatabaseSync(join(dataDir, 'jobs.sqlite'));
  database.exec(`UPDATE jobs SET state = '{"status":' WHERE id = 'broken'`);
  database.close();
  const second = open(dataDir);
  expect((await second.listOpen()).map(({ id }) => id)).toEqual(['whole']);
  expect(await second.get('broken')).toBeUndefined();
  expect(logger.lines.at(-1)).toMatchObject({ level: 'error', fields: { jobId: 'broken' } });
  await second.close();
});

test('history is bounded: the oldest answered jobs go, open ones stay', async () => {
  const dataDir = makeTemporaryFolder();
  const first = open(dataDir);
  await first.insert(makeRecord({ id: 'open', createdAtMs: 0 }));
  for (let index = 1; index <= 5; index += 1) {
    const state = makeSucceeded();
    await first.insert(
      makeRecord({ id: `done-${index}`, createdAtMs: index, state, answeredAtMs: index }),
    );
  }
  await first.close();
  const second = openSqliteStores({ dataDir, clock, logger, jobsMax: 2 }).jobStore;
  const kept = await second.list({ platform: 'web', channelId: 'general', limit: 10 });
  expect(kept.map(({ id }) => id)).toEqual(['done-5', 'done-4', 'open']);
  await second.close();
});

test('a full disk refuses new jobs with a sentence and keeps the old ones', async (context) => {
  await withSmallDisk(context, 256, async (dataDir) => {
    const store = open(dataDir);
    await store.insert(makeRecord({ id: 'kept' }));
    const large = makeRecord({ id: 'large', command: 'x'.repeat(400_000) });
    await expect(store.insert(large)).rejects.toMatchObject({
      code: 'storage-failed',
      message: `The disk of DATA_DIR ${dataDir} is full; free some space, then try again.`,
    });
    expect(await store.get('kept')).toEqual(makeRecord({ id: 'kept' }));
    expect(await store.get('large')).toBeUndefined();
    await store.close();
  });
});

/** Settings in the bot's SQLite file, and files of the version before there were any. */
import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openSqliteStores } from '../../../bot/stores/open-sqlite-stores.ts';
import { describeSettingsStore } from '../../contracts/settings-store-contract.ts';
import { createSilentLogger } from '../../fakes/silent-logger.ts';
import { makeTemporaryFolder } from '../../fakes/temporary-folder.ts';

const logger = createSilentLogger();
const clock = { nowMs: () => Date.now() };

describeSettingsStore('sqlite', async (clock) => {
  return openSqliteStores({ dataDir: makeTemporaryFolder(), clock, logger }).settingsStore;
});

/** The file as the first version of the bot made it, with one job in it. */
function writeFirstVersion(dataDir: string): void {
  const database = new DatabaseSync(join(dataDir, 'jobs.sqlite'));
  database.exec(`PRAGMA journal_mode = WAL;
   CREATE TABLE jobs (
     id TEXT PRIMARY KEY,
     platform TEXT NOT NULL,
     channel_id TEXT NOT NULL,
     user_id TEXT NOT NULL,
     user_name TEXT NOT NULL,
     command TEXT NOT NULL,
     request TEXT NOT NULL,
     place TEXT NOT NULL,
     lineage TEXT,
     state TEXT NOT NULL,
     is_ended INTEGER NOT NULL,
     work_ms REAL,
     created_at_ms REAL NOT NULL,
     updated_at_ms REAL NOT NULL,
     answered_at_ms REAL
   ) STRICT;
   CREATE INDEX jobs_by_channel ON jobs (platform, channel_id, created_at_ms);
   CREATE INDEX jobs_unfinished ON jobs (created_at_ms) WHERE is_ended = 0 OR answered_at_ms IS NULL;
   CREATE INDEX jobs_open_by_user ON jobs (user_id) WHERE is_ended = 0;
   CREATE INDEX jobs_by_work ON jobs (updated_at_ms) WHERE work_ms IS NOT NULL;
   INSERT INTO jobs VALUES (
     '1d248371045d7a90c4ade2332537e84f', 'web', 'imagine', 'local', 'You', 'a red apple --seed 7',
     '{"kind":"generate","prompt":"a red apple","negativePrompt":"","size":{"kind":"default"},"seed":7,"count":4}',
     '{"platform":"web","channelId":"imagine"}',
     '{"jobId":"parent","index":1,"action":"vary"}',
     '{"status":"queued","position":2}', 0, NULL, 1000, 1000, NULL);
   PRAGMA user_version = 1;`);
  database.close();
}

test("a file of the first version opens, and its jobs and a person's history are there", async () => {
  const dataDir = makeTemporaryFolder();
  writeFirstVersion(dataDir);
  const { jobStore, settingsStore } = openSqliteStores({ dataDir, clock, logger });
  expect(await jobStore.listOpen()).toMatchObject([
    { id: '1d248371045d7a90c4ade2332537e84f', command: 'a red apple --seed 7' },
  ]);
  const page = await jobStore.listByUser({ platform: 'web', userId: 'local', limit: 5 });
  expect(page.records).toHaveLength(1);
  expect(await jobStore.countOpenByUser({ platform: 'web', userId: 'local' })).toBe(1);
  expect(await settingsStore.put('user:web:local', { count: 1 }, { expectedVersion: 0 })).toBe(
    true,
  );
  await jobStore.close();
});

test('settings are there after a restart, and what has expired is swept out', async () => {
  const dataDir = makeTemporaryFolder();
  const first = openSqliteStores({ dataDir, clock, logger });
  await first.settingsStore.put('kept', 1, { expectedVersion: 0 });
  await first.settingsStore.put('gone', 1, { expectedVersion: 0, expiresAtMs: clock.nowMs() - 1 });
  await first.jobStore.close();
  const second = openSqliteStores({ dataDir, clock, logger });
  expect(await second.settingsStore.get('kept')).toEqual({ value: 1, version: 1 });
  expect(await second.settingsStore.get('gone')).toBeUndefined();
  await second.jobStore.close();
});

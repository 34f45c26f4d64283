/**
 * A whole bot with real stores in a process of its own, made to be killed: `killable-bot-main.ts DATA_DIR RUN`. It asks for
 * pictures without end and says which were accepted; with the run `settle` it only finishes what is open, and exits.
 * Its image function lives in the same process, so that it forgets everything with each kill.
 */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openDiskImageStore } from '../../bot/stores/disk-image-store.ts';
import { openSqliteStores } from '../../bot/stores/open-sqlite-stores.ts';
import { FakeBackend } from './fake-backend.ts';
import { FakePlatform } from './fake-platform.ts';
import { createSilentLogger } from './silent-logger.ts';
import { expectJob, quota, TestBot } from './test-bot.ts';

const [, , dataDir = '', run = ''] = process.argv;
const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);

const platform = new FakePlatform();
platform.beforeShow = ({ jobId, status, isFinal }) => {
  if (isFinal) appendFileSync(join(dataDir, 'channel.log'), `${jobId} ${status}\n`);
};
const clock = { nowMs: () => Date.now() };
const { jobStore, settingsStore } = openSqliteStores({
  dataDir,
  clock,
  logger: createSilentLogger(),
});
const bot = new TestBot({
  backend: new FakeBackend({ stepMs: 4, steps: 6 }),
  platform,
  jobStore,
  settingsStore,
  imageStore: await openDiskImageStore({ dataDir }),
  policy: {
    quota: quota({ openJobs: 1_000, jobsPerMinute: 10_000, jobsPerDay: 100_000 }),
    saveIntervalMs: 5,
  },
});
await bot.service.start();

if (run === 'settle') {
  while ((await jobStore.listOpen()).length > 0) await sleep(5);
  await bot.service.stop();
  await jobStore.close();
  say({ settled: true });
} else {
  for (let number = 0; ; number += 1) {
    const text = number % 3 === 2 ? `broken ${run}-${number}` : `apple ${run}-${number} --count 2`;
    const outcome = await bot.imagine(text, { deliveryId: `${run}-${number}` });
    const { id, command } = expectJob(outcome).record;
    say({ id, command });
    await sleep(5);
  }
}

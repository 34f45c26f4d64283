/** A crowd in Slack: how fast people are answered, that nothing is lost or doubled, and that memory stays flat. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { openSqliteStores } from '../../bot/stores/open-sqlite-stores.ts';
import { createMemoryImageStore } from '../../bot/stores/memory-image-store.ts';
import { FairClock } from '../fakes/fair-clock.ts';
import { FakeSlack } from '../fakes/slack/fake-slack.ts';
import { PictureBackend, startSlackBot, type SlackBot } from '../fakes/slack/slack-bot.ts';
import { lookOf } from '../fakes/slack/workspace.ts';
import { createSilentLogger } from '../fakes/silent-logger.ts';
import { makeTemporaryFolder } from '../fakes/temporary-folder.ts';
import { VirtualClock } from '../fakes/virtual-clock.ts';

const PEOPLE = 50;
const COMMANDS = 250;
/** Slack's own clock runs so much faster here: 250 results take five of its minutes, since it takes 50 edits a minute. */
const RATE = 40;
/** A quarter of the minute that the commands may take, by a clock that leaves out what other programs take. */
const SPREAD_MS = 15_000;
const ACKNOWLEDGE_MS_MAX = 2_000;
const PATIENCE_MS = 150_000;
const fair = new FairClock();

let slack: FakeSlack;
let bot: SlackBot;
afterEach(async () => {
  await bot.stop();
  await bot.stores.jobStore.close();
  await slack.stop();
});

const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
const median = (values: readonly number[]): number =>
  percentile(
    [...values].sort((left, right) => left - right),
    0.5,
  );

/** By the number in the prompt. */
function countResults(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const message of slack.workspace.messages) {
    const { text } = lookOf(message);
    const number = /^apple (\d+) – Done/.exec(text)?.[1];
    if (number !== undefined) counts.set(number, (counts.get(number) ?? 0) + 1);
  }
  return counts;
}

test('250 commands of 50 people are all answered at once, and each gets its picture once', async () => {
  const clock = new VirtualClock({ rate: RATE });
  slack = await FakeSlack.start({ clock, patience: fair });
  const people = Array.from({ length: PEOPLE }, (_, index) =>
    slack.person(`U0P${index}`, `p${index}`),
  );
  const channels = people.map((person, index) => slack.channel(`C0C${index}`, [person]));
  const sqlite = openSqliteStores({
    dataDir: makeTemporaryFolder(),
    clock,
    logger: createSilentLogger(),
  });
  const backend = new PictureBackend({ stepMs: 20, steps: 5 });
  bot = await startSlackBot(slack, {
    backend,
    stores: { ...sqlite, imageStore: createMemoryImageStore() },
  });
  const memory: number[] = [];
  const watching = setInterval(() => memory.push(process.memoryUsage().heapUsed), 500);

  const startedAtMs = fair.nowMs();
  const sent: Promise<void>[] = [];
  for (let number = 0; number < COMMANDS; number += 1) {
    await sleep(Math.max(1, startedAtMs + (number * SPREAD_MS) / COMMANDS - fair.nowMs()));
    const channel = channels[number % PEOPLE] ?? '';
    sent.push(
      people[number % PEOPLE]?.command(`apple ${number} --count 1`, channel) ??
        Promise.reject(new Error('nobody')),
    );
  }
  await Promise.all(sent);
  const giveUpAtMs = fair.nowMs() + PATIENCE_MS;
  while (countResults().size < COMMANDS && fair.nowMs() < giveUpAtMs) await sleep(100);
  clearInterval(watching);

  const times = slack.deliveries.acknowledgedAfterMs.toSorted((left, right) => left - right);
  const [p50, p99, longest] = [percentile(times, 0.5), percentile(times, 0.99), times.at(-1) ?? 0];
  const megabytes = (bytes: number): number => Math.round(bytes / 1e6);
  const [early, late] = [median(memory.slice(4, 12)), median(memory.slice(-8))];
  process.stdout.write(
    `Slack, ${COMMANDS} commands in ${SPREAD_MS / 1_000} s: acknowledged p50 ${Math.round(p50)} ms, ` +
      `p99 ${Math.round(p99)} ms, max ${Math.round(longest)} ms; heap ${megabytes(early)} → ${megabytes(late)} MB\n`,
  );
  expect(times).toHaveLength(COMMANDS);
  expect(longest).toBeLessThan(ACKNOWLEDGE_MS_MAX);
  expect(backend.submitted).toHaveLength(COMMANDS);
  const results = countResults();
  expect(results.size).toBe(COMMANDS);
  expect([...results.values()].every((count) => count === 1)).toBe(true);
  expect(slack.workspace.violations).toEqual([]);
  // Messages and files of the fake stay; the bot's own part must not grow with them.
  expect(late - early).toBeLessThan(150e6);
});

/** A crowd on Discord: how fast people are answered, that nothing is lost or doubled, and that memory stays flat. */
import { afterEach, expect, test } from 'vitest';
import { setTimeout as sleep } from 'node:timers/promises';
import { FairClock } from '../fakes/fair-clock.ts';
import { FakeBackend } from '../fakes/fake-backend.ts';
import { startScene, type DiscordScene } from '../fakes/discord/discord-bot.ts';
import type { Person } from '../fakes/discord/person.ts';
import type { DiscordInteraction } from '../fakes/discord/world.ts';
import { createMemoryImageStore } from '../../bot/stores/memory-image-store.ts';
import { openSqliteStores } from '../../bot/stores/open-sqlite-stores.ts';
import { createSilentLogger } from '../fakes/silent-logger.ts';
import { makeTemporaryFolder } from '../fakes/temporary-folder.ts';
import { VirtualClock } from '../fakes/virtual-clock.ts';
import { waitFor } from '../fakes/wait-for.ts';

const PEOPLE = 50;
const COMMANDS = 500;
/** A third of the minute that the commands may take, by a clock that leaves out what other programs take. */
const SPREAD_MS = 20_000;
const fair = new FairClock();
const ACKNOWLEDGE_MS_MAX = 2_000;

let scene: DiscordScene;
afterEach(async () => {
  await scene.stop();
  await scene.bot.stores.jobStore.close();
});

/** Sends the commands in turn by person, evenly over the time. */
async function send(command: (person: number, number: number) => DiscordInteraction) {
  const startedAtMs = fair.nowMs();
  const sent: DiscordInteraction[] = [];
  for (let number = 0; number < COMMANDS; number += 1) {
    const dueInMs = startedAtMs + (number * SPREAD_MS) / COMMANDS - fair.nowMs();
    await sleep(Math.max(1, dueInMs));
    sent.push(command(number % PEOPLE, number));
  }
  return sent;
}

const percentile = (sorted: readonly number[], share: number) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;

test('500 commands of 50 people are all answered at once, and each gets its pictures once', async () => {
  const backend = new FakeBackend({ stepMs: 100, steps: 5 });
  const clock = new VirtualClock();
  const dataDir = makeTemporaryFolder();
  const stores = openSqliteStores({ dataDir, clock, logger: createSilentLogger() });
  const imageStore = createMemoryImageStore();
  scene = await startScene({
    backend,
    discord: { clock, patience: fair },
    stores: { ...stores, imageStore },
  });
  const { discord } = scene;
  const guild = discord.world.addGuild();
  const channels = Array.from({ length: 10 }, () => discord.world.addChannel({ guild }));
  const people = Array.from({ length: PEOPLE }, (_, index) =>
    discord.person({ guild, ...(channels[index % 10] && { channel: channels[index % 10] }) }),
  );
  const toPerson = (number: number): Person => {
    const person = people[number];
    if (person === undefined) throw new Error(`there is no person ${number}`);
    return person;
  };
  const memory: number[] = [];
  const watching = setInterval(() => memory.push(process.memoryUsage().heapUsed), 500);
  const sent = await send((person, number) =>
    toPerson(person).command('imagine', { prompt: `apple ${number}`, steps: 4, count: 1 }),
  );
  const isDone = ({ original }: DiscordInteraction) =>
    original?.attachments.some(({ filename }) => filename.startsWith('imagine-')) === true;
  await waitFor('all pictures', () => sent.every(isDone));
  clearInterval(watching);

  const times = sent
    .map(({ acknowledgedAfterMs }) => acknowledgedAfterMs ?? Number.POSITIVE_INFINITY)
    .sort((left, right) => left - right);
  const [p50, p99, longest] = [percentile(times, 0.5), percentile(times, 0.99), times.at(-1) ?? 0];
  const megabytes = (bytes: number) => Math.round(bytes / 1e6);
  const [early, late] = [median(memory.slice(4, 12)), median(memory.slice(-8))];
  process.stdout.write(
    `Discord, ${COMMANDS} commands in ${SPREAD_MS / 1_000} s: acknowledged p50 ${Math.round(p50)} ms, ` +
      `p99 ${Math.round(p99)} ms, max ${Math.round(longest)} ms; heap ${megabytes(early)} → ${megabytes(late)} MB\n`,
  );
  expect(longest).toBeLessThan(ACKNOWLEDGE_MS_MAX);
  expect(new Set(backend.submitted.map(({ id }) => id)).size).toBe(COMMANDS);
  expect(backend.submitted).toHaveLength(COMMANDS);
  expect([...discord.world.messages.values()]).toHaveLength(COMMANDS);
  expect(discord.violations.all).toEqual([]);
  // Messages and interactions of the fake stay; the bot's own part must not grow with them.
  expect(late - early).toBeLessThan(150e6);
});

function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

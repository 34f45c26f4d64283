/** A crowd in both chats of one bot: how fast people are answered, that nothing is lost or doubled, that memory is flat. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { createPictureEncoder } from '../../bot/encode-pictures.ts';
import { createSlackPlatform } from '../../bot/platforms/slack/adapter.ts';
import { createMemoryImageStore } from '../../bot/stores/memory-image-store.ts';
import { openSqliteStores } from '../../bot/stores/open-sqlite-stores.ts';
import { startScene, type DiscordScene } from '../fakes/discord/discord-bot.ts';
import type { DiscordInteraction } from '../fakes/discord/world.ts';
import { FairClock } from '../fakes/fair-clock.ts';
import { createSilentLogger } from '../fakes/silent-logger.ts';
import { FakeSlack } from '../fakes/slack/fake-slack.ts';
import { PictureBackend } from '../fakes/slack/slack-bot.ts';
import { APP_TOKEN, BOT_TOKEN, lookOf } from '../fakes/slack/workspace.ts';
import { makeTemporaryFolder } from '../fakes/temporary-folder.ts';
import { VirtualClock } from '../fakes/virtual-clock.ts';

/** Half of them in each chat. */
const PEOPLE = 50;
const COMMANDS = 500;
/** Slack's own clock runs so much faster: it takes 50 edits a minute, which would be five of its minutes. */
const SLACK_RATE = 40;
/** A third of the minute that the commands may take, by a clock that leaves out what other programs take. */
const SPREAD_MS = 20_000;
const ACKNOWLEDGE_MS_MAX = 2_000;
const PATIENCE_MS = 40_000;
const fair = new FairClock();

let slack: FakeSlack;
let scene: DiscordScene;
afterEach(async () => {
  await scene.stop();
  await slack.stop();
  await scene.bot.stores.jobStore.close();
});

async function begin(backend: PictureBackend): Promise<void> {
  const logger = createSilentLogger();
  const clock = new VirtualClock();
  slack = await FakeSlack.start({
    clock: new VirtualClock({ rate: SLACK_RATE }),
    patience: fair,
  });
  const slackChat = createSlackPlatform({
    botToken: BOT_TOKEN,
    entrance: { kind: 'socket', appToken: APP_TOKEN },
    apiUrl: slack.apiUrl,
    time: slack.clock,
    encoder: createPictureEncoder(),
    logger,
  });
  const stores = openSqliteStores({ dataDir: makeTemporaryFolder(), clock, logger });
  scene = await startScene({
    backend,
    discord: { clock, patience: fair },
    others: [slackChat],
    stores: { ...stores, imageStore: createMemoryImageStore() },
  });
}

/** One person's way to ask, by the number of the command. */
type Ask = (number: number) => void;

/** 25 people on Discord in ten channels; their interactions are kept. */
function meetOnDiscord(sent: DiscordInteraction[]): Ask[] {
  const guild = scene.discord.world.addGuild();
  const channels = Array.from({ length: 10 }, () => scene.discord.world.addChannel({ guild }));
  return Array.from({ length: PEOPLE / 2 }, (_, index) => {
    const channel = channels[index % channels.length];
    const person = scene.discord.person({ guild, ...(channel && { channel }) });
    return (number) => {
      sent.push(person.command('imagine', { prompt: `apple ${number}`, steps: 4, count: 1 }));
    };
  });
}

/** 25 people in Slack, each in a channel; what is on its way is kept. */
function meetInSlack(sent: Promise<void>[]): Ask[] {
  return Array.from({ length: PEOPLE / 2 }, (_, index) => {
    const person = slack.person(`U0P${index}`, `p${index}`);
    const channel = slack.channel(`C0C${index}`, [person]);
    return (number) => {
      sent.push(person.command(`apple ${number} --count 1`, channel));
    };
  });
}

/** Numbers of the prompts whose finished card is in Slack, as often as it is there. */
const slackResults = (): string[] =>
  slack.workspace.messages
    .map((message) => /^apple (\d+) – Done/.exec(lookOf(message).text)?.[1])
    .filter((number) => number !== undefined);

const isPictured = ({ original }: DiscordInteraction): boolean =>
  original?.attachments.some(({ filename }) => filename.startsWith('imagine-')) === true;

test('500 commands of 50 people in two chats are answered at once, each with its picture once', async () => {
  const backend = new PictureBackend({ stepMs: 50, steps: 5 });
  await begin(backend);
  const onDiscord: DiscordInteraction[] = [];
  const inSlack: Promise<void>[] = [];
  const asks = [...meetOnDiscord(onDiscord), ...meetInSlack(inSlack)];
  const memory: number[] = [];
  const watching = setInterval(() => memory.push(process.memoryUsage().heapUsed), 500);
  const startedAtMs = fair.nowMs();
  for (let number = 0; number < COMMANDS; number += 1) {
    await sleep(Math.max(1, startedAtMs + (number * SPREAD_MS) / COMMANDS - fair.nowMs()));
    asks[number % PEOPLE]?.(number);
  }
  await Promise.all(inSlack);
  const giveUpAtMs = fair.nowMs() + PATIENCE_MS;
  const isDone = () => onDiscord.every(isPictured) && slackResults().length >= COMMANDS / 2;
  while (!isDone() && fair.nowMs() < giveUpAtMs) await sleep(100);
  clearInterval(watching);

  const times = {
    Discord: onDiscord.map(
      ({ acknowledgedAfterMs = Number.POSITIVE_INFINITY }) => acknowledgedAfterMs,
    ),
    Slack: slack.deliveries.acknowledgedAfterMs,
  };
  const [early, late] = [median(memory.slice(4, 12)), median(memory.slice(-8))];
  for (const [name, taken] of Object.entries(times)) {
    const sorted = taken.toSorted((left, right) => left - right);
    const longest = sorted.at(-1) ?? Number.NaN;
    const p99 = sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN;
    process.stdout.write(
      `${name}, ${sorted.length} of ${COMMANDS} commands in ${SPREAD_MS / 1_000} s: acknowledged p99 ` +
        `${Math.round(p99)} ms, max ${Math.round(longest)} ms; heap ${toMegabytes(early)} → ${toMegabytes(late)} MB\n`,
    );
    expect(sorted).toHaveLength(COMMANDS / 2);
    expect(longest).toBeLessThan(ACKNOWLEDGE_MS_MAX);
  }
  expect(onDiscord.filter(isPictured)).toHaveLength(COMMANDS / 2);
  expect(new Set(slackResults()).size).toBe(COMMANDS / 2);
  expect(slackResults()).toHaveLength(COMMANDS / 2);
  expect(backend.submitted).toHaveLength(COMMANDS);
  expect(scene.discord.world.messages.size).toBe(COMMANDS / 2);
  expect(scene.discord.violations.all).toEqual([]);
  expect(slack.workspace.violations).toEqual([]);
  // Messages and files of the fakes stay; the bot's own part must not grow with them.
  expect(late - early).toBeLessThan(150e6);
});

const toMegabytes = (bytes: number): number => Math.round(bytes / 1e6);

function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

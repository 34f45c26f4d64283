/** Trouble on Discord's side: whatever happens, every job ends in its pictures or in a sentence. */
import { afterEach, expect, test } from 'vitest';
import { FakeBackend } from '../fakes/fake-backend.ts';
import {
  startScene,
  type DiscordBotOptions,
  type DiscordScene,
} from '../fakes/discord/discord-bot.ts';
import type { Fault } from '../fakes/discord/faults.ts';
import type { Person } from '../fakes/discord/person.ts';
import type { DiscordMessage } from '../fakes/discord/world.ts';
import { VirtualClock } from '../fakes/virtual-clock.ts';
import { waitFor } from '../fakes/wait-for.ts';

let scene: DiscordScene;
let backend: FakeBackend;
let ada: Person;
afterEach(async () => {
  await scene.stop();
  scene.discord.violations.check();
});

async function begin(options: DiscordBotOptions = {}): Promise<void> {
  backend = new FakeBackend({ stepMs: 30, steps: 10 });
  scene = await startScene({ backend, ...options });
  ada = scene.discord.person({ name: 'Ada', guild: scene.discord.world.addGuild() });
}

const isPictured = ({ attachments }: DiscordMessage) =>
  attachments.some(({ filename }) => filename.startsWith('imagine-'));
/** All messages of the channel, when each shows pictures and there are this many. */
const untilAllPictured = (count: number) =>
  waitFor(`${count} messages with pictures`, () => {
    const messages = scene.discord.world.messagesIn(ada.channel);
    return messages.length === count && messages.every(isPictured) ? messages : undefined;
  });
const startJobs = (count: number) =>
  Array.from({ length: count }, (_, index) =>
    ada.command('imagine', { prompt: `a red apple number ${index}`, steps: 4, count: 1 }),
  );
const onEdits = (kind: Fault['kind'], times: number, retryAfterMs?: number): Fault => ({
  matches: (request) => request.startsWith('PATCH'),
  times,
  kind,
  ...(retryAfterMs !== undefined && { retryAfterMs }),
});
const onFirstAnswers = (kind: Fault['kind'], times: number): Fault => ({
  matches: (request) => request.endsWith('/callback'),
  times,
  kind,
});

test('a storm of 429 is sat out, and its pauses are kept', async () => {
  await begin();
  scene.discord.faults.plan(onEdits('refuse', 30, 300));
  startJobs(6);
  await untilAllPictured(6);
  expect(scene.discord.faults.hits).toBeGreaterThan(5);
  expect(scene.discord.limiter.invalidRequests).toBeLessThan(100);
});

test('bad gateways and cut connections during edits lose nothing and double nothing', async () => {
  await begin();
  scene.discord.faults.plan(onEdits('bad-gateway', 6));
  scene.discord.faults.plan(onEdits('cut', 3));
  scene.discord.faults.plan(onEdits('cut-after', 3));
  startJobs(4);
  await untilAllPictured(4);
  expect(scene.discord.faults.hits).toBe(12);
});

test('a first answer that is cut, before or after it counted, is given once', async () => {
  await begin();
  scene.discord.faults.plan(onFirstAnswers('cut', 1));
  scene.discord.faults.plan(onFirstAnswers('cut-after', 1));
  // The second try of an answer that had got through is no mistake of the bot's.
  scene.discord.violations.allow('first-response');
  const jobs = startJobs(2);
  await untilAllPictured(2);
  for (const job of jobs) expect(job.firstResponse).toBe('message');
  expect(backend.submitted).toHaveLength(2);
});

test('a new message whose answer was lost is found again, not posted twice', async () => {
  await begin();
  backend.isHeld = true;
  const [job] = startJobs(1);
  const card = await scene.discord.messageOf(job ?? ada.command('queue'));
  // The token is over, and the bot may not edit: a new message is the way that is left.
  scene.discord.clock.advance(15 * 60_000);
  scene.discord.faults.plan({
    matches: (request) => /^POST \/channels\/\d+\/messages$/.test(request),
    times: 1,
    kind: 'cut-after',
  });
  card.authorId = 'somebody else';
  scene.discord.world.users.set('somebody else', ada.user);
  backend.isHeld = false;
  const messages = await waitFor('the pictures', () => {
    const all = scene.discord.world.messagesIn(ada.channel).filter(isPictured);
    return all.length > 0 ? all : undefined;
  });
  expect(messages).toHaveLength(1);
});

test('a gateway that is cut, or asks to reconnect, goes on where it stopped', async () => {
  await begin();
  scene.discord.gateway.cut();
  await waitFor('the cut', () => !scene.discord.gateway.isConnected);
  // Kept by Discord, and sent when the bot is back.
  const missed = startJobs(1);
  await untilAllPictured(1);
  scene.discord.gateway.askToReconnect();
  await waitFor('the second resume', () => scene.discord.gateway.resumes === 2);
  const later = startJobs(1);
  await untilAllPictured(2);
  expect([...missed, ...later].every(({ firstResponse }) => firstResponse === 'message')).toBe(
    true,
  );
  expect(scene.discord.gateway.log.filter((line) => line === 'identify')).toHaveLength(1);
});

test('a delivery that comes too late is answered by a message of the bot', async () => {
  await begin();
  // Discord's 3 seconds are over when the bot hears of it.
  scene.discord.violations.allow('acknowledge');
  scene.discord.isHoldingBack = true;
  const [late] = startJobs(1);
  if (late === undefined) throw new Error('no job');
  late.deliveredAtMs = late.createdAtMs;
  scene.discord.clock.advance(4_000);
  scene.discord.deliver(late);
  const [message] = await untilAllPictured(1);
  expect(late.firstResponse).toBeUndefined();
  expect(message?.visibleTo).toBeUndefined();
});

test.each([-20, 20])('a clock that is %i minutes wrong does no harm', async (minutes) => {
  const clock = new VirtualClock();
  clock.advance(minutes * 60_000);
  await begin({ clock });
  startJobs(2);
  await untilAllPictured(2);
  const card = scene.discord.world.messagesIn(ada.channel)[0];
  if (card === undefined) throw new Error('no card');
  await scene.discord.messageOf(ada.press(card, 'Vary strong'));
  expect(await untilAllPictured(3)).toHaveLength(3);
});

test('a bot that was away for an hour finishes what it had promised', async () => {
  await begin();
  backend.isHeld = true;
  const jobs = startJobs(2);
  for (const job of jobs) await scene.discord.messageOf(job);
  await waitFor('the messages to be known', async () => {
    const open = await scene.bot.stores.jobStore.listOpen();
    return open.every(({ place }) => place.messageId !== undefined);
  });
  await scene.bot.stop();
  scene.discord.clock.advance(61 * 60_000);
  backend.isHeld = false;
  backend.forget();
  await scene.restart();
  expect(await untilAllPictured(2)).toHaveLength(2);
});

test('a token that dies at once is replaced by the bot itself', async () => {
  await begin();
  startJobs(1);
  await waitFor('the card', () => scene.discord.world.messagesIn(ada.channel).length === 1);
  for (const interaction of scene.discord.world.interactions.values()) interaction.token = 'gone';
  expect(await untilAllPictured(1)).toHaveLength(1);
});

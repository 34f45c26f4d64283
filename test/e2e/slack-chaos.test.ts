/** Trouble with Slack: every job still ends in its pictures or in a sentence, and no rule is broken on the way. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakeSlack } from '../fakes/slack/fake-slack.ts';
import type { SlackPerson } from '../fakes/slack/person.ts';
import { SlackScreen } from '../fakes/slack/screen.ts';
import { PictureBackend, startSlackBot, type SlackBot } from '../fakes/slack/slack-bot.ts';
import { SIGNING_SECRET } from '../fakes/slack/workspace.ts';
import { VirtualClock } from '../fakes/virtual-clock.ts';

const JOBS = 8;
const FLAGS = '--count 1 --steps 4';

let slack: FakeSlack;
let bot: SlackBot;
let people: SlackPerson[];
let screen: SlackScreen;
let channels: string[];

beforeEach(async () => {
  // Five of Slack's seconds in one of ours: waiting as long as Slack asks takes a while otherwise.
  slack = await FakeSlack.start({ clock: new VirtualClock({ rate: 5 }) });
  people = Array.from({ length: JOBS }, (_, index) =>
    slack.person(`U0P${index}`, `person-${index}`),
  );
  channels = people.map((person, index) => slack.channel(`C0C${index}`, [person]));
  screen = new SlackScreen(slack);
  bot = await startSlackBot(slack, { backend: new PictureBackend({ stepMs: 60, steps: 6 }) });
});
afterEach(async () => {
  await bot.stop();
  await slack.stop();
});

const personOf = (index: number): SlackPerson => people[index] ?? slack.person('U0X', 'x');
const ask = (index: number): Promise<void> =>
  personOf(index).command(`apple ${index} ${FLAGS}`, channels[index] ?? '');

/** Everybody's pictures are there, once each. */
async function expectAllDone(): Promise<void> {
  const cards = await Promise.all(channels.map((channel) => screen.find(channel, 'Done in')));
  for (const [index, card] of cards.entries()) {
    expect(screen.words(card)).toContain(`apple ${index}`);
    expect(screen.words(card)).toContain('<picture');
    const all = slack.workspace
      .visible(channels[index] ?? '')
      .filter((message) => message.threadTs === undefined);
    expect(all).toEqual([card]);
  }
  expect(slack.workspace.violations).toEqual([]);
}

test('storms of 429 are waited out, for as long as Slack asks', async () => {
  for (const method of [
    'chat.postMessage',
    'chat.update',
    'files.getUploadURLExternal',
    'files.info',
  ]) {
    slack.webApi.limits.refuse(method, 8_000);
  }
  await Promise.all(people.map((_, index) => ask(index)));
  await expectAllDone();
  expect(slack.workspace.violations).toEqual([]);
});

test('502s from half of all calls', async () => {
  let calls = 0;
  slack.webApi.fault = () => ((calls += 1) % 2 === 0 ? { kind: 'status', status: 502 } : undefined);
  await Promise.all(people.map((_, index) => ask(index)));
  await expectAllDone();
  expect(calls).toBeGreaterThan(JOBS * 4);
});

test('connections that are cut in the middle of an edit or an upload', async () => {
  let calls = 0;
  slack.webApi.fault = (method) => {
    if (method === 'chat.postMessage') return undefined;
    calls += 1;
    return calls % 3 === 0 ? { kind: 'cut', isDone: calls % 2 === 0 } : undefined;
  };
  await Promise.all(people.map((_, index) => ask(index)));
  await expectAllDone();
  expect(slack.workspace.violations).toEqual([]);
});

test('Socket Mode connections are renewed and cut while people type', async () => {
  const asking = people.map(async (_, index) => {
    await slack.clock.sleep(index * 1_500);
    if (index === 2) slack.socketMode.warn();
    if (index === 4) slack.socketMode.cut();
    await ask(index);
  });
  await Promise.all(asking);
  await expectAllDone();
  await screen.until(() => slack.socketMode.openCount() === 2);
  expect(slack.socketMode.connections).toBeGreaterThan(4);
});

test('a channel that throws the bot out while it draws: the result comes as a direct message', async () => {
  await ask(0);
  const [channel = ''] = channels;
  await screen.find(channel, 'apple 0');
  slack.workspace.channels.get(channel)?.members.delete(slack.workspace.botUserId);
  const direct = await screen.find(slack.workspace.directMessages('U0P0').id, 'Done in');
  expect(screen.words(direct)).toContain('apple 0');
});

test('by signed HTTP: the same bot; forged, stale and broken requests get nothing', async () => {
  await bot.stop();
  bot = await startSlackBot(slack, { entrance: { kind: 'http', signingSecret: SIGNING_SECRET } });
  const { answer } = bot;
  if (answer === undefined) throw new Error('the bot takes no requests');
  const url = await slack.serve(answer);
  const http = slack.deliverTo(url);
  await Promise.all(people.map((_, index) => ask(index)));
  await expectAllDone();
  const envelope = {
    kind: 'slash_commands' as const,
    payload: personOf(0).commandPayload('a forged apple', channels[0] ?? ''),
  };
  const send = async (request: {
    body: string;
    headers: Record<string, string>;
  }): Promise<number> => (await fetch(url, { method: 'POST', ...request })).status;
  const nowS = Math.floor(slack.clock.nowMs() / 1_000);
  expect(await send(http.sign(envelope, { secret: 'another secret' }))).toBe(401);
  expect(await send(http.sign(envelope, { timestampS: nowS - 6 * 60 }))).toBe(401);
  expect(await send(http.sign(envelope, { timestampS: nowS + 6 * 60 }))).toBe(401);
  const signed = http.sign(envelope);
  expect(await send({ ...signed, body: `${signed.body}&text=changed` })).toBe(401);
  expect(await send({ body: '{"type":"url_verification","challenge":"x"}', headers: {} })).toBe(
    401,
  );
  expect(await send({ body: 'x'.repeat(2_000_000), headers: {} })).toBe(413);
  const challenge = http.sign({
    kind: 'events_api',
    payload: { type: 'url_verification', challenge: 'abc' },
  });
  const challenged = await fetch(url, { method: 'POST', ...challenge });
  expect(await challenged.json()).toEqual({ challenge: 'abc' });
  expect(
    await bot.stores.jobStore.list({ platform: 'slack', channelId: channels[0] ?? '', limit: 10 }),
  ).toHaveLength(1);
});

/** Ways to the bot besides the slash command: mentions, direct messages, files, shortcuts, App Home, /imagine-bot. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createSlackPlatform } from '../../../../bot/platforms/slack/adapter.ts';
import { createSilentLogger } from '../../../fakes/silent-logger.ts';
import { BOT_TOKEN } from '../../../fakes/slack/workspace.ts';
import { FakeSlack } from '../../../fakes/slack/fake-slack.ts';
import type { SlackPerson } from '../../../fakes/slack/person.ts';
import {
  COLOURS,
  PictureBackend,
  startSlackBot,
  toColour,
  type SlackBot,
} from '../../../fakes/slack/slack-bot.ts';
import { SlackScreen } from '../../../fakes/slack/screen.ts';

let slack: FakeSlack;
let bot: SlackBot;
let backend: PictureBackend;
let ada: SlackPerson;
let bob: SlackPerson;
let screen: SlackScreen;
let general: string;

beforeEach(async () => {
  slack = await FakeSlack.start();
  ada = slack.person('U0ADA', 'ada');
  bob = slack.person('U0BOB', 'bob');
  general = slack.channel('C0GENERAL', [ada, bob]);
  screen = new SlackScreen(slack);
  backend = new PictureBackend({ stepMs: 3 });
  bot = await startSlackBot(slack, { backend });
});
afterEach(async () => {
  await bot.stop();
  await slack.stop();
  slack.checkRules();
});

const PICTURE = Buffer.from(toColour(200, 64));

test('a mention draws in its thread, from the picture that came with it; slash commands know no threads', async () => {
  const start = bob.write('look at this', general);
  await ada.mention('a red apple --seed 3', general, start.ts);
  const card = await screen.find(general, 'Done in');
  expect(card.threadTs).toBe(start.ts);
  await ada.mention('help', general);
  await screen.findFor(ada, general, '--seed');
});

test('a start image comes by the form, with a mention, or in a direct message', async () => {
  const photo = () => ada.upload('photo.png', PICTURE);
  await ada.command('', general);
  await screen.modalOf(ada);
  await ada.submit({ 'What to draw': 'a sketch', 'Start image': [photo()] });
  await screen.find(general, 'a sketch');
  await ada.mention('a painting', general, undefined, [photo()]);
  await screen.find(general, 'a painting');
  const direct = slack.workspace.directMessages('U0ADA').id;
  await ada.say('a carving', direct, [photo()]);
  await screen.find(direct, 'a carving');
  await screen.until(() => backend.submitted.length === 3);
  for (const { request } of backend.submitted) {
    expect(request).toMatchObject({ startImage: { kind: 'inline' } });
  }
  const elsewhere = {
    ...photo(),
    url_private_download: 'https://evil.example/x',
    url_private: 'https://evil.example/x',
  };
  await ada.mention('a theft', general, undefined, [elsewhere]);
  await screen.findFor(ada, general, 'does not lie at Slack');
});

test('in direct messages words alone are enough', async () => {
  const direct = slack.workspace.directMessages('U0ADA').id;
  await ada.say('a red apple', direct);
  const card = await screen.find(direct, 'Done in');
  expect(screen.words(card)).toContain('a red apple');
});

test('shortcuts vary, enlarge and explain the picture of any message', async () => {
  await ada.command('a red apple --seed 5', general);
  const card = await screen.find(general, 'Done in');
  await bob.shortcut('vary', card);
  await screen.find(general, 'Variation of picture 1');
  await bob.shortcut('upscale', card);
  await screen.find(general, 'Upscale of picture 1');
  const plain = bob.write('no picture here', general);
  await bob.shortcut('vary', plain);
  await screen.findFor(bob, general, 'There is no picture in this message');
  const photo = bob.write('a photo', general);
  await bob.shortcut('upscale', photo, [bob.upload('photo.png', PICTURE)]);
  await screen.until(
    () => backend.submitted.filter(({ request }) => request.kind === 'upscale').length === 2,
  );
  expect(slack.workspace.violations).toEqual([]);
});

test('App Home shows queue, pictures and settings, and changes them', async () => {
  await ada.command('a red apple --count 1', general);
  await screen.find(general, 'Done in');
  await ada.openHome();
  await screen.until(() => screen.home(ada).includes('a red apple'));
  await screen.until(() => screen.home(ada).includes('<picture'));
  await ada.pressAtHome('Settings');
  await screen.modalOf(ada);
  await ada.submit({ 'Number of pictures': '2', 'Aspect ratio': '3:2' });
  await screen.until(() => screen.home(ada).includes('--count: 2'));
  await ada.command('a boat', general);
  await screen.until(() => backend.submitted.length === 2);
  expect(backend.submitted[1]?.request).toMatchObject({ count: 2, size: { width: 3 } });
  await ada.pressAtHome('Show with buttons');
  await screen.find(slack.workspace.directMessages('U0ADA').id, '[Reroll]');
});

test('/imagine-bot knows the other commands; the rules are for administrators', async () => {
  for (const [text, expected] of [
    ['help', '--seed'],
    ['queue', 'The queue'],
    ['models', 'Tiny'],
    ['settings --count 3', '--count'],
    ['nonsense', '--seed'],
    ['policy steps 30', 'administrator'],
  ] as const) {
    await ada.command(text, general, '/imagine-bot');
    await screen.findFor(ada, general, expected);
  }
  const boss = slack.person('U0BOSS', 'boss', { isAdmin: true });
  await boss.command('policy steps 30', general, '/imagine-bot');
  await screen.until(
    async () =>
      (
        await bot.service.spacePolicy({
          platform: 'slack',
          channelId: general,
          spaceId: slack.workspace.teamId,
        })
      ).stepsMax === 30,
  );
  expect(backend.submitted).toEqual([]);
});

test('a delivery that was acknowledged elsewhere is answered all the same', async () => {
  const attached = createSlackPlatform({
    botToken: BOT_TOKEN,
    entrance: { kind: 'http', signingSecret: 'not used' },
    apiUrl: slack.apiUrl,
    time: slack.clock,
    encoder: COLOURS,
    logger: createSilentLogger(),
  });
  await attached.attach(bot.service);
  const nowMs = slack.clock.nowMs();
  await attached.finish(ada.commandPayload('an apple --steps 99999', general), nowMs);
  const refusal = await screen.findFor(ada, general, '--steps');
  await attached.finish(ada.commandPayload('queue', general, '/imagine-bot'), nowMs);
  const queue = await screen.findFor(ada, general, 'The queue');
  expect([refusal.ephemeralFor, queue.ephemeralFor]).toEqual(['U0ADA', 'U0ADA']);
  await attached.stop();
});

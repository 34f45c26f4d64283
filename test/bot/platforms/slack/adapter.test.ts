/** The bot in Slack as a person meets it, against a Slack that enforces the platform's rules. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakeSlack } from '../../../fakes/slack/fake-slack.ts';
import type { SlackPerson } from '../../../fakes/slack/person.ts';
import { startSlackBot, type SlackBot } from '../../../fakes/slack/slack-bot.ts';
import { toText } from '../../../fakes/slack/transcript.ts';
import { lookOf, type SlackMessage } from '../../../fakes/slack/workspace.ts';
import { waitFor } from '../../../fakes/wait-for.ts';

let slack: FakeSlack;
let bot: SlackBot;
let ada: SlackPerson;
let general: string;

beforeEach(async () => {
  slack = await FakeSlack.start();
  ada = slack.person('U0ADA', 'ada');
  general = slack.channel('C0GENERAL', [ada]);
  bot = await startSlackBot(slack);
});
afterEach(async () => {
  await bot.stop();
  await slack.stop();
  slack.checkRules();
});

const words = (message: SlackMessage): string => toText(lookOf(message), slack.workspace);

test('a command becomes a card, and the card four pictures with buttons', async () => {
  await ada.command('a red apple --seed 7', general);
  const card = await waitFor('the finished card', () =>
    slack.workspace.visible(general).find((message) => words(message).includes('Done in')),
  );
  expect(words(card)).toMatchInlineSnapshot(`
    "*a red apple*
    · :white_check_mark: Done in 1.5 s · ada
    <picture 1d248371045d7a90c4ade2332537e84f-1.png, 356 bytes: Machine-made picture 1 of 4: a red apple>
    [U1] [V1]
    <picture 1d248371045d7a90c4ade2332537e84f-2.png, 356 bytes: Machine-made picture 2 of 4: a red apple>
    [U2] [V2]
    <picture 1d248371045d7a90c4ade2332537e84f-3.png, 356 bytes: Machine-made picture 3 of 4: a red apple>
    [U3] [V3]
    <picture 1d248371045d7a90c4ade2332537e84f-4.png, 356 bytes: Machine-made picture 4 of 4: a red apple>
    [U4] [V4]
    · Seed: 7 · Sampler: DPM++ 2M, karras · Steps: 20 · Guidance: 5 · Size: 128 × 128 · Model: tiny (0123456789abcdef) · Time in total: 1.5 s · Time by stage: waiting 500 ms, loading the model 200 ms, prompt 10 ms, drawing 700 ms, decoding 80 ms, saving 10 ms
    [Reroll] [Edit] [Delete, danger]"
  `);
}, 20_000);

/**
 * A day in the life of the bot on AWS, without AWS: every job ends in its pictures or in a sentence, once on the screen,
 * whatever breaks on the way.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Cloud } from '../fakes/aws/cloud.ts';
import type { Person } from '../fakes/discord/person.ts';
import type { DiscordInteraction, DiscordMessage } from '../fakes/discord/world.ts';
import type { SlackPerson } from '../fakes/slack/person.ts';
import type { SlackMessage } from '../fakes/slack/workspace.ts';
import { toText } from '../fakes/slack/transcript.ts';
import { waitFor } from '../fakes/wait-for.ts';

let cloud: Cloud;
let ada: Person;
let bob: SlackPerson;
const CHANNEL = 'C0GENERAL';

beforeAll(async () => {
  cloud = await Cloud.start();
  bob = cloud.slack.person('U0BOB', 'Bob');
  cloud.slack.channel(CHANNEL, [bob]);
});
beforeEach(() => {
  // A channel for each test: what is seen there is all there is.
  ada = cloud.discord.person({ name: 'Ada', guild: cloud.discord.world.addGuild() });
});
afterEach(() => {
  cloud.useScriptedWorker();
  cloud.isHoldingEvents = false;
  cloud.isDoubling = false;
  cloud.lacking.clear();
});
afterAll(() => cloud.stop());

const draw = (prompt: string, options: Record<string, string | number> = {}) =>
  ada.command('imagine', { prompt, ...options });

/** All that the person sees in the channel. */
const seen = (): DiscordMessage[] => cloud.discord.world.messagesIn(ada.channel);

async function cardOf(interaction: DiscordInteraction): Promise<DiscordMessage> {
  return cloud.discord.messageOf(interaction);
}

/** Waits until the message says so. */
const says = (message: DiscordMessage, words: string | RegExp) =>
  waitFor(`"${String(words)}" instead of "${cloud.discord.text(message)}"`, () => {
    const text = cloud.discord.text(message);
    return typeof words === 'string' ? text.includes(words) : words.test(text);
  });

const pictures = (message: DiscordMessage): number =>
  cloud.discord.text(message).split('<picture').length - 1;

/** The job ended in its pictures, and the channel shows that once. */
async function isDrawn(interaction: DiscordInteraction, count = 4): Promise<DiscordMessage> {
  const message = await cardOf(interaction);
  await says(message, '[Delete]');
  expect(pictures(message)).toBe(count);
  expect(seen()).toEqual([message]);
  return message;
}

describe('on a quiet day', () => {
  test('a red apple in Discord with the real model: machine, steps, pictures, their cost', async () => {
    cloud.useRealWorker();
    const asked = draw('a red apple', { steps: 2 });
    const message = await cardOf(asked);
    await says(message, 'Starting a machine');
    await isDrawn(asked);
    expect(cloud.discord.text(message)).toMatch(/Done in .*Cost/s);
    expect(cloud.discord.violations.all).toEqual([]);
  });

  test('the same in Slack, where a command may be answered and then a card is posted', async () => {
    await bob.command('a blue car --n 2', CHANNEL);
    const message = await slackCard('a blue car');
    await waitFor('pictures', () => slackText(message).split('<picture').length === 3);
    expect(slackCards('a blue car')).toHaveLength(1);
    await bob.press(message, 'V1');
    const variation = await slackCard('Variation of picture 1');
    await waitFor('pictures of the variation', () => slackText(variation).includes('<picture'));
    expect(() => cloud.slack.checkRules()).not.toThrow();
  });
});

test('what was seen this day breaks none of the platforms’ rules', () => {
  expect(cloud.discord.violations.all).toEqual([]);
  expect(() => cloud.slack.checkRules()).not.toThrow();
});

const slackCards = (words: string): SlackMessage[] =>
  cloud.slack.workspace.messages.filter(
    (message) => !message.isDeleted && slackText(message).includes(words),
  );
const slackText = (message: SlackMessage): string => {
  const look = message.looks.at(-1);
  return look === undefined ? '' : toText(look, cloud.slack.workspace);
};
const slackCard = (words: string): Promise<SlackMessage> =>
  waitFor(`a card with ${words}`, () => slackCards(words)[0]);

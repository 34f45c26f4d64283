/**
 * A day in the life of the bot on AWS, without AWS: every job ends in its pictures or in a sentence, once on the screen,
 * whatever breaks on the way.
 */
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createFleetItem } from '../../gpu-function/cloud/fleet-item.ts';
import { createJobBucket } from '../../gpu-function/cloud/job-bucket.ts';
import { createRunTable, type RunTable } from '../../gpu-function/cloud/run-table.ts';
import { Cloud } from '../fakes/aws/cloud.ts';
import type { Person } from '../fakes/discord/person.ts';
import type { DiscordInteraction, DiscordMessage } from '../fakes/discord/world.ts';
import { PROMPTS } from '../fakes/scripted-engine.ts';
import type { SlackPerson } from '../fakes/slack/person.ts';
import type { SlackMessage } from '../fakes/slack/workspace.ts';
import { toText } from '../fakes/slack/transcript.ts';
import { waitFor } from '../fakes/wait-for.ts';

let cloud: Cloud;
let table: RunTable;
let ada: Person;
let bob: SlackPerson;
const CHANNEL = 'C0GENERAL';

beforeAll(async () => {
  cloud = await Cloud.start();
  table = createRunTable({
    client: cloud.aws.dynamodb,
    tableName: cloud.tableName('Runs'),
    bucket: createJobBucket(cloud.aws.s3, cloud.bucketName()),
    nowMs: () => Date.now(),
  });
  // Nobody can know when the ingress's answer has reached Discord: the notifier may be there first, and then waits.
  cloud.discord.violations.allow('early-webhook');
  bob = cloud.slack.person('U0BOB', 'Bob');
  cloud.slack.channel(CHANNEL, [bob]);
});
beforeEach(() => {
  // A channel for each test: what is seen there is all there is.
  ada = cloud.discord.person({ name: 'Ada', guild: cloud.discord.world.addGuild() });
});
afterEach(() => {
  if (cloud.worker.startMs > 50) cloud.forgetTasks();
  cloud.worker.startMs = 50;
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

const cardOf = (interaction: DiscordInteraction): Promise<DiscordMessage> =>
  cloud.discord.messageOf(interaction);

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

const jobIdOf = (message: DiscordMessage): string =>
  /"(?:cancel|delete):([0-9A-Za-z_-]+):0"/.exec(JSON.stringify(message.components))?.[1] ?? '';

async function isDrawing(interaction: DiscordInteraction): Promise<string> {
  const message = await cardOf(interaction);
  const jobId = jobIdOf(message);
  await waitFor('a step', async () => ((await table.last(jobId))?.event.sequence ?? 0) > 3);
  return jobId;
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
    // The next pictures are drawn by the stand-in, which is quicker.
    await noMachines();
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

  test('buttons make new jobs, forms edit, and deleting removes', async () => {
    const message = await isDrawn(draw('a green tree'));
    const pressed = ada.press(message, 'U2');
    await waitFor('a second card', () => seen().length === 2);
    const opened = await cloud.discord.answered(ada.press(message, 'Edit'));
    expect(opened.modal).toBeDefined();
    const again = ada.submit(opened, {});
    await says(await cardOf(again), '[Delete]');
    ada.press(await cardOf(again), 'Delete');
    await waitFor('the card to go', () => seen().length === 2);
    await says(await cardOf(pressed), '[Delete]');
    expect(cloud.discord.violations.all).toEqual([]);
  });
});

describe('when drawing is paused', () => {
  test('the operator pauses drawing: a sentence, and Retry draws once it goes on', async () => {
    const fleet = createFleetItem(cloud.aws.dynamodb, cloud.tableName('Runs'));
    await fleet.write({ isPaused: true });
    const message = await cardOf(draw('a quiet hour'));
    await says(message, 'paused by the operator');
    expect(seen()).toEqual([message]);
    await fleet.write({ isPaused: false });
    await says(await cardOf(ada.press(message, 'Retry')), '[Delete]');
  });
});

describe('when something breaks', () => {
  test('a machine loses its power between two steps: the job is drawn on the next', async () => {
    const asked = draw('a lamp', { steps: 60 });
    await isDrawing(asked);
    cloud.killWorkers();
    await isDrawn(asked);
    expect((await table.head(jobIdOf(await cardOf(asked))))?.attempt).toBe(2);
  });

  test('Spot gives notice: the job goes back and is drawn elsewhere', async () => {
    cloud.useScriptedWorker({ SHUTDOWN_GRACE_SECONDS: '0' });
    const asked = draw('a mill', { steps: 200 });
    await isDrawing(asked);
    cloud.useScriptedWorker();
    cloud.killWorkers('SIGTERM');
    expect(pictures(await isDrawn(asked))).toBe(4);
  });

  test('every batch of news comes twice: nothing is shown twice', async () => {
    cloud.isDoubling = true;
    expect(pictures(await isDrawn(draw('two twins')))).toBe(4);
  });

  test('news are late and out of order: the last state is shown', async () => {
    const asked = draw('a late train');
    await cardOf(asked);
    const jobId = jobIdOf(await cardOf(asked));
    cloud.isHoldingEvents = true;
    await waitFor('the end', async () => (await table.last(jobId))?.event.type === 'job-end');
    for (const sequence of [9, 3, 1, 5]) await nudge(jobId, `late-${sequence}`, sequence);
    cloud.isHoldingEvents = false;
    expect(pictures(await isDrawn(asked))).toBe(4);
  });

  test('a worker of an old attempt writes late: nothing of it counts', async () => {
    const asked = draw('an echo');
    const jobId = jobIdOf(await cardOf(asked));
    await isDrawn(asked);
    const error = { code: 'internal', message: 'too late', isRetryable: true } as const;
    const late = { type: 'job-end', outcome: { status: 'failed', error } } as const;
    const { event } = (await table.last(jobId)) ?? { event: { sequence: 0 } };
    expect(await table.append(jobId, event.sequence, late, 0)).toBe(false);
    await nudge(jobId, 'late-write', 99);
    await isDrawn(asked);
  });

  test('the engine dies on every machine: a sentence, once', async () => {
    const asked = draw(PROMPTS.endProcess);
    const message = await cardOf(asked);
    await says(message, '[Retry]');
    expect(cloud.discord.text(message)).toContain('The engine died');
    expect(seen()).toEqual([message]);
  });

  test('a message that was received too often: its job ends with a sentence, strangers are left out', async () => {
    await noMachines();
    cloud.worker.startMs = 600_000;
    const asked = draw('a lost letter');
    const message = await cardOf(asked);
    for (const jobId of ['../poison', 'unknown', jobIdOf(message)]) {
      const MessageBody = JSON.stringify({ version: 1, jobId });
      const QueueUrl = cloud.queueUrl('QueuesDeadJobs');
      await cloud.aws.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
    }
    await says(message, 'No machine could draw this');
    expect(seen()).toEqual([message]);
  });

  test('DynamoDB throttles for a while: the job takes longer, that is all', async () => {
    cloud.aws.throttle(40);
    await isDrawn(draw('a slow snail'));
    expect(cloud.aws.throttled()).toBeGreaterThan(10);
  });

  test('the notifier dies in the middle of its work: the card goes on', async () => {
    const asked = draw('a phoenix', { steps: 60 });
    await isDrawing(asked);
    cloud.lambdas.notifier.kill();
    expect(pictures(await isDrawn(asked))).toBe(4);
  });

  test('the dispatcher dies, and two run at once: one machine comes', async () => {
    await noMachines();
    const before = cloud.plane.tasks.size;
    const asked = draw('a double decker', { steps: 20 });
    await cardOf(asked);
    cloud.lambdas.dispatcher.kill();
    await Promise.allSettled([1, 2, 3].map(() => cloud.lambdas.dispatcher.invoke({})));
    await isDrawn(asked);
    expect(cloud.plane.tasks.size - before).toBeLessThanOrEqual(1);
  });

  test('the token of the command is over: the card goes on under the bot’s own name', async () => {
    const asked = draw('an old clock', { steps: 150 });
    await isDrawing(asked);
    // Discord says that a quarter of an hour has passed; the bot’s own clock disagrees.
    cloud.discord.clock.advance(16 * 60_000);
    expect(pictures(await isDrawn(asked))).toBe(4);
  });

  test('the whole day broke no platform rule', () => {
    expect(cloud.discord.violations.all).toEqual([]);
    expect(() => cloud.slack.checkRules()).not.toThrow();
  });
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

async function nudge(jobId: string, deduplicationId: string, sequence: number): Promise<void> {
  await cloud.aws.sqs.send(
    new SendMessageCommand({
      QueueUrl: cloud.queueUrl('QueuesEvents'),
      MessageBody: JSON.stringify({ version: 1, jobId, sequence }),
      MessageGroupId: jobId,
      MessageDeduplicationId: `${jobId}-${deduplicationId}`,
    }),
  );
}

/** Everybody has gone home. */
async function noMachines(): Promise<void> {
  cloud.killWorkers();
  await waitFor('an empty fleet', () => cloud.workers.size === 0);
  const fleet = createFleetItem(cloud.aws.dynamodb, cloud.tableName('Runs'));
  await waitFor('the dispatcher to notice', async () => {
    await cloud.lambdas.dispatcher.invoke({}).catch(() => {});
    return (await fleet.read())?.running === 0;
  });
}

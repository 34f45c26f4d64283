/**
 * Every state a job can be in, in Slack, with the real core, the real engine and the built-in model. What people saw is
 * kept in test/output/slack.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { GenerationError } from '#contract/generation-error.ts';
import type { Job } from '#contract/job.ts';
import { createBackend, type OwnedBackend } from '../../bot/backends/create-backend.ts';
import type { Backend } from '../../bot/core/ports.ts';
import { createPictureEncoder } from '../../bot/encode-pictures.ts';
import { FakeSlack } from '../fakes/slack/fake-slack.ts';
import type { SlackPerson } from '../fakes/slack/person.ts';
import { SlackScreen } from '../fakes/slack/screen.ts';
import { startSlackBot, type SlackBot, type SlackBotOptions } from '../fakes/slack/slack-bot.ts';
import { keepTranscript, toTranscript } from '../fakes/slack/transcript.ts';
import type { SlackMessage } from '../fakes/slack/workspace.ts';
import { createSilentLogger } from '../fakes/silent-logger.ts';

let folder: string;
let engine: OwnedBackend;
let slack: FakeSlack;
let bot: SlackBot;
let ada: SlackPerson;
let bob: SlackPerson;
let screen: SlackScreen;
let general: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'imagine-slack-'));
  engine = createBackend({
    url: undefined,
    token: undefined,
    environment: { ...process.env, DATA_DIR: folder },
    logger: createSilentLogger(),
  });
  await engine.checkSettings();
});
afterAll(async () => {
  await engine.stop();
  await rm(folder, { recursive: true });
});
beforeEach(async () => {
  slack = await FakeSlack.start();
  ada = slack.person('U0ADA', 'ada');
  bob = slack.person('U0BOB', 'bob');
  general = slack.channel('C0GENERAL', [ada, bob]);
  screen = new SlackScreen(slack);
});
afterEach(async () => {
  await bot.stop();
  await slack.stop();
  slack.checkRules();
});

async function start(options: SlackBotOptions = {}): Promise<void> {
  bot = await startSlackBot(slack, {
    backend: engine.backend,
    encoder: createPictureEncoder(),
    ...options,
  });
}

/** The engine with one thing wrong. */
function withFault(changes: Partial<Backend>): Backend {
  const { backend } = engine;
  return {
    submit: (job) => backend.submit(job),
    cancel: (jobId) => backend.cancel(jobId),
    events: (jobId, signal) => backend.events(jobId, signal),
    image: (jobId, index) => backend.image(jobId, index),
    models: () => backend.models(),
    health: () => backend.health(),
    ...changes,
  };
}

function keep(name: string, ...messages: SlackMessage[]): void {
  const texts = messages.map((message) => toTranscript(message, slack.workspace));
  keepTranscript(name, texts.join('\n\n'));
}

const looks = (message: SlackMessage): string => toTranscript(message, slack.workspace);
const isDone = (message: SlackMessage): boolean => screen.words(message).includes('Done in');

test('acknowledged, cold starting, running with previews, done', async () => {
  await start();
  await ada.command('a red apple --count 2 --steps 30 --seed 7', general);
  const card = await screen.find(general, 'a red apple');
  // The seed is known from the first moment: even a lost job can be drawn again.
  expect(looks(card)).toContain('Seed: 7');
  expect(looks(card)).toMatch(
    /Waiting|Starting the image engine|Loading the model|Reading the prompt/,
  );
  await screen.until(() => isDone(card));
  keep('running-and-done', card);
  expect(screen.words(card)).toMatch(
    /<picture \S+-1\.png, \d+ bytes: .*a red apple>\n\[U1\] \[V1\]/,
  );
  expect(Math.max(...slack.deliveries.acknowledgedAfterMs)).toBeLessThan(2_000);
});

test('a preview sharpens in the message and is gone from Slack afterwards', async () => {
  await start();
  await ada.command('a yellow star --count 1 --steps 400', general);
  const card = await screen.find(general, 'a yellow star');
  await screen.until(() => looks(card).includes('<picture preview.jpg'));
  expect(looks(card)).toMatch(/Drawing, step \d+ of 400 \(\d+%\) {2}`[█░]{10}`/);
  await ada.press(card, 'Cancel');
  await screen.until(() => screen.words(card).includes('Canceled'));
  keep('canceled', card);
  // What was drawn so far stays to be looked at, with a way to go on.
  expect(screen.words(card)).toContain('<picture preview.jpg');
  expect(screen.words(card)).toContain('[Retry, primary]');
});

test('queued: the place in the queue, and Cancel', async () => {
  await start();
  await ada.command('a slow snail --count 1 --steps 600', general);
  const first = await screen.find(general, 'a slow snail');
  await screen.until(() => looks(first).includes('Drawing'));
  await bob.command('a red apple --count 1 --steps 4', general);
  const second = await screen.find(general, 'a red apple');
  await screen.until(() => /Waiting, (next|number \d)/.test(looks(second)));
  expect(screen.words(second)).toContain('[Cancel, danger]');
  await ada.press(first, 'Cancel');
  await screen.until(() => isDone(second));
  keep('queued', second, first);
});

test('failed: what went wrong, an error id, and Retry that works', async () => {
  let isBroken = true;
  const fail = (job: Job): Promise<void> => {
    if (!isBroken) return engine.backend.submit(job);
    throw new GenerationError(
      'out-of-memory',
      'The GPU has too little memory for this size; ask for a smaller one.',
    );
  };
  await start({ backend: withFault({ submit: async (job) => fail(job) }) });
  await ada.command('a red apple --count 1 --steps 4', general);
  const card = await screen.find(general, 'Failed');
  keep('failed', card);
  expect(screen.words(card)).toContain('too little memory');
  expect(screen.words(card)).toMatch(/[Ee]rror id/);
  isBroken = false;
  await ada.press(card, 'Retry');
  const retried = await screen.find(general, 'Retry – ');
  await screen.until(() => isDone(retried));
});

test('too large for the workspace: smaller copies, and the words for it', async () => {
  await start();
  slack.workspace.fileBytesMax = 4_000;
  await ada.command('a red apple --count 1 --steps 4', general);
  const card = await screen.find(general, 'Slack took no larger file here');
  keep('too-large', card);
  expect(screen.words(card)).toMatch(/<picture \S+-1\.jpg/);
});

test('filtered: a dry word for the asker alone, and nothing in public', async () => {
  await start({ policy: { blockedTerms: ['forbidden fruit'] } });
  await ada.command('a forbidden fruit', general);
  const answer = await screen.findFor(ada, general, 'forbidden fruit');
  keep('filtered', answer);
  expect(slack.workspace.visible(general)).toEqual([]);
});

test('the reply token is over: a private result arrives all the same', async () => {
  await start();
  await ada.command('a secret garden --private --count 1 --steps 40', general);
  await screen.findFor(ada, general, 'a secret garden');
  slack.clock.advance(31 * 60_000);
  const done = await screen.findFor(ada, general, 'Done in');
  keep('token-expired', done);
  expect(slack.workspace.visible(general)).toEqual([]);
});

test('the bot is restarted in the middle: the same message goes on', async () => {
  await start();
  await ada.command('a blue car --count 1 --steps 200', general);
  const card = await screen.find(general, 'a blue car');
  await screen.until(() => looks(card).includes('Drawing'));
  const { stores } = bot;
  await bot.stop();
  await start({ stores });
  await screen.until(() => isDone(card));
  keep('restarted', card);
  expect(slack.workspace.visible(general)).toHaveLength(1);
});

test('the message is deleted: the job is canceled and nothing comes after it', async () => {
  await start();
  await ada.command('a slow snail --count 1 --steps 900', general);
  const card = await screen.find(general, 'a slow snail');
  await screen.until(() => looks(card).includes('Drawing'));
  ada.delete(card);
  await screen.until(async () => (await bot.stores.jobStore.listOpen()).length === 0);
  keep('deleted', card);
  expect(slack.workspace.visible(general)).toEqual([]);
});

test('a double click and a delivery that comes twice make one job', async () => {
  await start();
  slack.deliveries.copies = 2;
  await ada.command('a red apple --count 1 --steps 4', general);
  const card = await screen.find(general, 'Done in');
  await Promise.all([bob.press(card, 'Vary'), bob.press(card, 'Vary')]);
  const varied = await screen.find(general, 'Variation of picture 1');
  await screen.until(() => isDone(varied));
  keep('double-click', card, varied);
  expect(slack.workspace.visible(general)).toHaveLength(2);
});

/** Every state of a job in Slack: the real core, Bolt and engine on a Slack that enforces its rules. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { GenerationError } from '#contract/generation-error.ts';
import { createBackend, type OwnedBackend } from '../../bot/backends/create-backend.ts';
import { createPictureEncoder } from '../../bot/encode-pictures.ts';
import { FakeSlack } from '../fakes/slack/fake-slack.ts';
import type { SlackPerson } from '../fakes/slack/person.ts';
import { SlackScreen } from '../fakes/slack/screen.ts';
import {
  PictureBackend,
  startSlackBot,
  type SlackBot,
  type SlackBotOptions,
} from '../fakes/slack/slack-bot.ts';
import { keepTranscript, toTranscript } from '../fakes/slack/transcript.ts';
import { backendAt, startRunningFunction } from '../fakes/running-function.ts';
import type { SlackMessage } from '../fakes/slack/workspace.ts';
import { createSilentLogger } from '../fakes/silent-logger.ts';
import { STATES, type StateTests } from './states.ts';

let engine: OwnedBackend;
beforeAll(() => {
  const environment = { ...process.env, LOG_LEVEL: 'silent' };
  engine = createBackend({
    url: undefined,
    token: undefined,
    environment,
    logger: createSilentLogger(),
  });
});
afterAll(() => engine.stop());

let slack: FakeSlack;
let bot: SlackBot;
let ada: SlackPerson;
let bob: SlackPerson;
let screen: SlackScreen;
let general: string;

/** With previews as they are: the real engine's, made larger by the real encoder. */
async function begin(options: SlackBotOptions = {}): Promise<void> {
  slack = await FakeSlack.start();
  ada = slack.person('U0ADA', 'ada');
  bob = slack.person('U0BOB', 'bob');
  general = slack.channel('C0GENERAL', [ada, bob]);
  screen = new SlackScreen(slack);
  await startBot(options);
}

async function startBot(options: SlackBotOptions = {}): Promise<void> {
  const encoder = createPictureEncoder();
  bot = await startSlackBot(slack, { backend: engine.backend, encoder, ...options });
}

afterEach(async () => {
  // A job that a failed test left behind must not hold up the next one.
  for (const { id } of await bot.stores.jobStore.listOpen()) await bot.backend.cancel(id);
  await bot.stop();
  await slack.stop();
});

async function imagine(text: string, person = ada): Promise<SlackMessage> {
  await person.command(text, general);
  return screen.find(general, text.replace(/ --.*/, ''));
}

const looks = (message: SlackMessage): string => toTranscript(message, slack.workspace);
const until = (message: SlackMessage, pattern: RegExp): Promise<void> =>
  screen.until(() => pattern.test(looks(message)));
const untilNow = (message: SlackMessage, pattern: RegExp): Promise<void> =>
  screen.until(() => pattern.test(screen.words(message)));
const keep = (name: string, ...messages: SlackMessage[]): void =>
  keepTranscript(name.replaceAll(' ', '-'), messages.map(looks).join('\n\n'));
const QUICK = '--steps 4 --count 1 --seed 7';
const LONG = '--steps 900 --count 1 --seed 7';

const rows: StateTests = {
  async acknowledged() {
    await begin();
    const card = await imagine(`a red apple ${QUICK}`);
    // The seed is known from the first moment: even a lost job can be drawn again.
    expect(screen.words(card)).toContain('Seed: 7');
    expect(Math.max(...slack.deliveries.acknowledgedAfterMs)).toBeLessThan(3_000);
    await untilNow(card, /Done in/);
    keep('acknowledged', card);
  },

  async queued() {
    await begin();
    const first = await imagine(`a slow snail ${LONG}`, bob);
    const second = await imagine(`a red apple ${QUICK}`);
    await until(second, /Waiting/);
    expect(screen.words(second)).toContain('[Cancel, danger]');
    await ada.command('queue', general, '/imagine-bot');
    const queue = await screen.findFor(ada, general, '2 jobs of 2 people');
    keep('queued', second, queue);
    await ada.press(second, 'Cancel');
    await untilNow(second, /Canceled/);
    await bob.press(first, 'Cancel');
    await untilNow(first, /Canceled/);
  },

  async 'cold starting'() {
    const cold = await startRunningFunction({ engine: { loadMs: 4_000, stepMs: 5 } });
    try {
      await begin({ backend: backendAt(cold.url) });
      const card = await imagine(`a red apple ${QUICK}`);
      await until(card, /[Ll]oading|[Ss]tarting/);
      await untilNow(card, /Done in/);
      keep('cold starting', card);
    } finally {
      await bot.stop();
      await cold.stop();
    }
  },

  async running() {
    await begin();
    const card = await imagine(`a yellow star ${LONG}`);
    await until(card, /Drawing, step \d+ of 900 \(\d+%\) {2}`[█░]{10}` · ready at/);
    await until(card, /<picture preview.jpg, \d+ bytes: Preview of: a yellow star>/);
    keep('running', card);
    await ada.press(card, 'Cancel');
    await untilNow(card, /Canceled/);
    // Previews do not pile up in the workspace: only the one that is shown is left.
    await screen.until(() => slack.workspace.files.size === 1);
  },

  async done() {
    await begin();
    const card = await imagine('a red apple --steps 4 --seed 7');
    await untilNow(card, /Done in/);
    expect(screen.words(card)).toMatch(
      /<picture \S+-2\.png, \d+ bytes: Machine-made picture 2 of 4: a red apple>\n\[U2\] \[V2\]/,
    );
    await ada.press(card, 'U2');
    const enlarged = await screen.find(general, 'Upscale of picture 2');
    await untilNow(enlarged, /Done in/);
    await ada.press(enlarged, 'Edit region');
    const grid = await screen.findFor(ada, general, '[□ A1]');
    await ada.press(grid, '□ A1');
    // The next grid stands where the one before stood.
    await untilNow(grid, /■ A1/);
    await ada.press(card, 'Edit');
    await screen.modalOf(ada);
    await ada.submit({ 'What to draw': 'a blue apple', Steps: '3', 'Number of pictures': '1' });
    const edited = await screen.find(general, 'a blue apple');
    await untilNow(edited, /Done in/);
    keep('done', card, enlarged, grid, edited);
  },

  async failed() {
    const backend = new PictureBackend();
    backend.failure = new GenerationError('engine-crashed', 'The engine stopped three times.');
    await begin({ backend });
    const card = await imagine(`a red apple ${QUICK}`);
    await untilNow(card, /The engine stopped three times/);
    expect(screen.words(card)).toMatch(/error id/i);
    keep('failed', card);
    backend.failure = undefined;
    await ada.press(card, 'Retry');
    const again = await screen.find(general, 'Retry – ');
    await untilNow(again, /Done in/);
    expect(screen.words(again)).toContain('Seed: 7');
  },

  async 'too large'() {
    await begin();
    const full = await imagine(`a red car ${QUICK}`);
    await untilNow(full, /Done in/);
    const [file] = slack.workspace.files.values();
    slack.workspace.fileBytesMax = (file?.declaredLength ?? 0) * 0.6;
    const card = await imagine(`a red apple ${QUICK}`);
    await untilNow(card, /Slack took no larger file here/);
    expect(screen.words(card)).toMatch(/<picture \S+-1\.jpg/);
    slack.workspace.fileBytesMax = 100;
    const none = await imagine(`a green pear ${QUICK}`);
    await untilNow(none, /Slack takes no files here/);
    keep('too large', card, none);
  },

  async filtered() {
    await begin({ policy: { blockedTerms: ['forbidden fruit'] } });
    await ada.command('a FORBIDDEN fruit', general);
    const answer = await screen.findFor(ada, general, 'not allowed here');
    expect(slack.workspace.visible(general)).toEqual([]);
    keep('filtered', answer);
  },

  async cancelled() {
    await begin();
    const card = await imagine(`a yellow star ${LONG}`);
    await until(card, /<picture preview.jpg/);
    await bob.press(card, 'Cancel');
    const notice = await screen.findFor(bob, general, 'Only ada');
    await ada.press(card, 'Cancel');
    await untilNow(card, /Canceled/);
    // What was drawn so far stays to be looked at, with a way to go on.
    expect(screen.words(card)).toContain('<picture preview.jpg');
    expect(screen.words(card)).toContain('[Retry, primary]');
    keep('cancelled', card, notice);
  },

  async 'token expired'() {
    const backend = new PictureBackend();
    backend.isHeld = true;
    await begin({ backend });
    await ada.command(`a secret garden --private ${QUICK}`, general);
    await screen.findFor(ada, general, 'a secret garden');
    const shared = await imagine(`a red apple ${QUICK}`);
    slack.clock.advance(31 * 60_000);
    backend.isHeld = false;
    const secret = await screen.findFor(ada, general, 'Done in');
    await untilNow(shared, /Done in/);
    expect(screen.words(secret)).toContain('a secret garden');
    keep('token expired', shared, secret);
  },

  async 'restarted mid-job'() {
    await begin();
    const card = await imagine('a blue car --steps 40 --count 1 --seed 7');
    await until(card, /Starting|Loading|Drawing|Reading|Done/);
    const { stores } = bot;
    await bot.stop();
    await startBot({ stores });
    await untilNow(card, /Done in/);
    expect(slack.workspace.visible(general)).toEqual([card]);
    keep('restarted mid-job', card);
  },

  async 'message deleted'() {
    const backend = new PictureBackend({ stepMs: 50, steps: 400 });
    await begin({ backend });
    const card = await imagine(`a slow snail ${QUICK}`);
    ada.delete(card);
    await screen.until(() => backend.canceled.length > 0);
    expect(slack.workspace.visible(general)).toEqual([]);
    keep('message deleted', card);
  },

  async 'double click'() {
    const backend = new PictureBackend();
    await begin({ backend });
    slack.deliveries.copies = 2;
    const card = await imagine(`a red apple ${QUICK}`);
    await untilNow(card, /Done in/);
    await Promise.all([bob.press(card, 'Vary strong'), bob.press(card, 'Vary strong')]);
    const varied = await screen.find(general, 'variation of picture 1');
    await untilNow(varied, /Done in/);
    expect(backend.submitted).toHaveLength(2);
    expect(slack.workspace.visible(general)).toHaveLength(2);
    keep('double click', card, varied);
  },
};

for (const name of STATES) {
  test(`Slack shows a job that is ${name}`, async () => {
    await rows[name]();
    expect(slack.workspace.violations).toEqual([]);
  });
}

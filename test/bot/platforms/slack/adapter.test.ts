/** The bot in Slack as a person meets it, against a Slack that enforces the platform's rules. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakeSlack } from '../../../fakes/slack/fake-slack.ts';
import type { SlackPerson } from '../../../fakes/slack/person.ts';
import { PictureBackend, startSlackBot, type SlackBot } from '../../../fakes/slack/slack-bot.ts';
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

test('a command becomes a card, and the card four pictures, each with its buttons', async () => {
  await ada.command('a red apple --seed 7', general);
  const card = await screen.find(general, 'Done in');
  const id = /([\w-]+)-1\.png/.exec(screen.words(card))?.[1] ?? '';
  expect(screen.words(card).replaceAll(id, 'ID')).toMatchInlineSnapshot(`
    "*a red apple*
    · :white_check_mark: Done in 1.5 s · ada
    <picture ID-1.png, 356 bytes: Machine-made picture 1 of 4: a red apple>
    [U1] [V1]
    <picture ID-2.png, 356 bytes: Machine-made picture 2 of 4: a red apple>
    [U2] [V2]
    <picture ID-3.png, 356 bytes: Machine-made picture 3 of 4: a red apple>
    [U3] [V3]
    <picture ID-4.png, 356 bytes: Machine-made picture 4 of 4: a red apple>
    [U4] [V4]
    · Seed: 7 · Sampler: DPM++ 2M, karras · Steps: 20 · Guidance: 5 · Size: 128 × 128 · Model: tiny (0123456789abcdef) · Picture id: ID/1 to /4 · Time in total: 1.5 s · Time by stage: waiting 500 ms, loading the model 200 ms, prompt 10 ms, drawing 700 ms, decoding 80 ms, saving 10 ms
    [Reroll] [Edit] [Delete, danger]"
  `);
});

test('a prompt can neither ping nor change the look of the message', async () => {
  await ada.command(
    '<!channel> <@U0BOB> *bold* `code` & <https://evil.example|cat> @here',
    general,
  );
  const card = await screen.find(general, 'Done in');
  const raw = JSON.stringify(card.looks);
  expect(screen.words(card)).toContain(
    '*<!channel> <@U0BOB> *bold* `code` & <https://evil.example|cat> @here*',
  );
  for (const look of card.looks) expect(look.text).not.toMatch(/<[!@#h]/);
  // What Slack would read as markup is never in a text that it reads so.
  expect(raw.match(/"mrkdwn","text":"[^"]*<[!@]channel/)).toBeNull();
});

test('a bad command is answered at once, to the asker alone, and nothing is drawn', async () => {
  await ada.command('an apple --steps 99999', general);
  const answer = await screen.findFor(ada, general, '--steps');
  expect(answer.ephemeralFor).toBe('U0ADA');
  expect(screen.words(answer)).toContain('1');
  expect(backend.submitted).toEqual([]);
  expect(slack.workspace.visible(general)).toEqual([]);
});

test('/imagine alone opens a form, and the form draws from a start image', async () => {
  await ada.command('  ', general);
  await screen.modalOf(ada);
  await ada.submit({
    'What to draw': 'a blue car',
    'What it should not show': 'text, people',
    'Aspect ratio': '3:2',
    'Number of pictures': '2',
    Seed: '11',
  });
  const card = await screen.find(general, 'Done in');
  expect(screen.words(card)).toContain('Seed: 11');
  const [job] = backend.submitted;
  expect(job?.request).toMatchObject({
    kind: 'generate',
    prompt: 'a blue car',
    negativePrompt: 'text, people',
    size: { kind: 'aspect', width: 3, height: 2 },
    count: 2,
    seed: 11,
  });
});

test('a mistake in the form is told under its field, and the form stays', async () => {
  await ada.command('', general);
  await screen.modalOf(ada);
  const errors = await ada.submit({ 'What to draw': 'a car', 'More flags': '--spacing nonsense' });
  expect(Object.values(errors).join()).toContain('nonsense');
  expect(ada.modal()).toBeDefined();
  expect(await ada.submit({ 'What to draw': 'a car' })).toEqual({});
  await screen.find(general, 'Done in');
});

test('Edit opens the form filled with the command', async () => {
  await ada.command('a red apple --seed 7 --ar 3:2 --steps 9 --no text --spacing karras', general);
  const card = await screen.find(general, 'Done in');
  await bob.press(card, 'Edit');
  const modal = await screen.modalOf(bob);
  const text = JSON.stringify(modal.view);
  for (const part of ['a red apple', '"3:2"', '"9"', '"7"', 'text', '--spacing karras']) {
    expect(text).toContain(part);
  }
  await bob.submit({ 'What to draw': 'a green apple' });
  const edited = await screen.find(general, 'a green apple');
  await screen.until(() => screen.words(edited).includes('Done in'));
  expect(backend.submitted.at(-1)?.request).toMatchObject({ seed: 7, steps: 9, spacing: 'karras' });
});

test('the buttons of a picture vary, enlarge and reroll it; a double click is one job', async () => {
  await ada.command('a red apple', general);
  const card = await screen.find(general, 'Done in');
  const pressed = bob.pressPayload(card, 'V2');
  await Promise.all([
    slack.deliveries.deliver({ kind: 'interactive', payload: pressed }),
    slack.deliveries.deliver({ kind: 'interactive', payload: pressed }),
    bob.press(card, 'V2'),
  ]);
  const varied = await screen.find(general, 'Variation of picture 2');
  await screen.until(() => screen.words(varied).includes('Done in'));
  expect(backend.submitted).toHaveLength(2);
  await bob.press(card, 'U1');
  await screen.find(general, 'Upscale of picture 1');
  await bob.press(card, 'Reroll');
  await screen.find(general, 'Reroll – ');
});

test('only the asker or an administrator may cancel and delete', async () => {
  backend.isHeld = true;
  await ada.command('a slow snail', general);
  const card = await screen.find(general, 'a slow snail');
  await screen.until(() => screen.words(card).includes('[Cancel'));
  await bob.press(card, 'Cancel');
  await screen.findFor(bob, general, 'Only ada');
  const boss = slack.person('U0BOSS', 'boss', { isAdmin: true });
  await boss.press(card, 'Cancel');
  await screen.until(() => screen.words(card).includes('Canceled'));
  await ada.press(card, 'Delete');
  await screen.until(() => card.isDeleted);
  expect(slack.workspace.files.size).toBe(0);
});

test('deleting a finished card removes its pictures from Slack', async () => {
  await ada.command('a red apple --count 2', general);
  const card = await screen.find(general, 'Done in');
  await screen.until(() => slack.workspace.files.size === 2);
  await ada.press(card, 'Delete');
  await screen.until(() => card.isDeleted && slack.workspace.files.size === 0);
  expect(slack.workspace.visible(general)).toEqual([]);
});

test('where the bot is no member it says how to invite it, and delivers by direct message', async () => {
  const secret = slack.channel('C0SECRET', [ada], { isBotIn: false, kind: 'private' });
  await ada.command('a red apple', secret);
  const remedy = await screen.findFor(ada, secret, '/invite @imagine');
  expect(remedy.ephemeralFor).toBe('U0ADA');
  const direct = await screen.find(slack.workspace.directMessages('U0ADA').id, 'Done in');
  expect(screen.words(direct)).toContain('[U1]');
});

test('--private shows the card to the asker alone, start and end', async () => {
  await ada.command('a secret garden --private', general);
  const done = await screen.findFor(ada, general, 'Done in');
  expect(done.ephemeralFor).toBe('U0ADA');
  expect(slack.workspace.visible(general)).toEqual([]);
  await ada.press(done, 'V1');
  await screen.findFor(ada, general, 'Variation of picture 1');
});

test('a private result whose response_url is over still arrives', async () => {
  backend.isHeld = true;
  await ada.command('a secret garden --private', general);
  await screen.findFor(ada, general, 'a secret garden');
  slack.clock.advance(31 * 60_000);
  backend.isHeld = false;
  const done = await screen.findFor(ada, general, 'Done in');
  expect(done.ephemeralFor).toBe('U0ADA');
});

test('a message that a person deletes cancels its job', async () => {
  backend.isHeld = true;
  await ada.command('a slow snail', general);
  const card = await screen.find(general, 'a slow snail');
  ada.delete(card);
  backend.isHeld = false;
  await screen.until(async () => (await bot.stores.jobStore.listOpen()).length === 0);
  expect(slack.workspace.visible(general)).toEqual([]);
});

test('what is delivered twice is done once', async () => {
  slack.deliveries.copies = 2;
  await ada.command('a red apple', general);
  const card = await screen.find(general, 'Done in');
  await bob.press(card, 'Reroll');
  await screen.find(general, 'Reroll – ');
  await screen.until(() => backend.submitted.length >= 2);
  expect(backend.submitted).toHaveLength(2);
  const cards = slack.workspace.visible(general).filter((message) => message.looks.length > 0);
  expect(cards).toHaveLength(2);
});

test('a late result is announced, since an edit notifies nobody', async () => {
  backend.isHeld = true;
  await ada.command('a slow snail', general);
  const card = await screen.find(general, 'a slow snail');
  slack.clock.advance(90_000);
  backend.isHeld = false;
  await screen.until(() => screen.words(card).includes('Done in'));
  const word = await screen.find(general, '<@U0ADA> Your pictures are ready.');
  expect(word.threadTs).toBe(card.ts);
});

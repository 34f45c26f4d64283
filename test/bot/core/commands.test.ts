/** The commands beside /imagine: settings, rules of a space, queue, gallery, showing and reading pictures. */
import { expect, test } from 'vitest';
import { insertPngTexts, toPngChunk, toPngFile } from '#contract/png-text.ts';
import { toRecipeTexts } from '#contract/recipe.ts';
import type { CommandName } from '../../../bot/core/command-names.ts';
import type { Outcome } from '../../../bot/core/service.ts';
import { makeRequest, makeSettings } from '../../fakes/job-records.ts';
import { makeBot } from '../../fakes/make-bot.ts';
import { ADA, BOB, expectJob, type TestBot } from '../../fakes/test-bot.ts';

let deliveries = 0;
function ask(bot: TestBot, name: CommandName, text = '', changes = {}): Promise<Outcome> {
  deliveries += 1;
  const place = { ...bot.place, spaceId: 's1' };
  return bot.service.command(name, {
    text,
    user: ADA,
    place,
    deliveryId: `c${deliveries}`,
    ...changes,
  });
}
const detailsOf = (outcome: Outcome) =>
  outcome.kind === 'notice'
    ? Object.fromEntries(outcome.details.map(({ label, value }) => [label, value]))
    : outcome;
const admin = { user: { ...ADA, isAdministrator: true } };

function makePng(texts: ReadonlyMap<string, string> = new Map()): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(128, 0);
  header.writeUInt32BE(96, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const file = toPngFile([toPngChunk('IHDR', header), toPngChunk('IDAT', Buffer.alloc(4))]);
  return insertPngTexts(file, texts);
}
const attach = (bytes: Uint8Array, name = 'apple.png') =>
  ({ role: 'image', name, mediaType: 'image/png', bytes }) as const;

test('settings are the defaults of all commands, and a flag wins over them', async () => {
  const bot = makeBot();
  await bot.service.start();
  const set = await ask(bot, 'settings', '--ar 3:2 --count 2 --style INK --no text --private');
  expect(detailsOf(set)).toEqual({
    '--style': 'INK',
    '--ar': '3:2',
    '--count': '2',
    '--no': 'text',
    '--private': 'yes',
  });
  expect((await bot.start('a red apple')).record).toMatchObject({
    request: {
      size: { kind: 'aspect', width: 3, height: 2 },
      count: 2,
      style: 'ink',
      negativePrompt: 'text',
    },
    place: { isPrivate: true },
  });
  expect((await bot.start('a pear --ar 1:1 --count 1 --no leaf')).record.request).toMatchObject({
    size: { kind: 'aspect', width: 1, height: 1 },
    count: 1,
    negativePrompt: 'leaf',
  });
  const others = expectJob(await bot.imagine('a fig', { user: BOB }));
  expect(others.record.request).toMatchObject({ count: 4, size: { kind: 'default' } });
  expect(await bot.service.wantsPrivate({ text: 'x', user: ADA, place: bot.place })).toBe(true);
  expect(detailsOf(await ask(bot, 'settings', 'reset'))).toEqual({});
  expect(await bot.service.wantsPrivate({ text: 'x', user: ADA, place: bot.place })).toBe(false);
  expect(await bot.service.wantsPrivate({ text: 'x --private', user: BOB, place: bot.place })).toBe(
    true,
  );
});

test.each([
  ['settings', '--seed 7', '--seed cannot be a setting; write it in the command itself.'],
  [
    'settings',
    'a red apple',
    'a red apple belongs to no flag; write flags only, such as --ar 3:2.',
  ],
  ['settings', '--model tny', 'The model tny is unknown.'],
  ['settings', '--steps 9999', '--steps 9999 must be'],
  ['policy', 'nsfw spoiler', 'Only an administrator may change what is allowed here.'],
  ['show', '', 'Say which picture'],
  ['show', '!!', '!! is not the id of a picture'],
  ['show', 'abc/1', 'There is no picture abc/1; /history lists the ids of yours.'],
  ['animate', 'a cat', 'Say from what to what, such as /animate "a cat" to "a dog".'],
] as const)('/%s %s is refused with a sentence', async (name, text, message) => {
  const bot = makeBot();
  await bot.service.start();
  expect(await ask(bot, name, text)).toMatchObject({
    kind: 'refused',
    message: expect.stringContaining(message),
  });
});

test('an administrator sets the rules of a space, and they hold there for everybody', async () => {
  const bot = makeBot();
  await bot.service.start();
  for (const rule of [
    'steps 30',
    'count 2',
    'blocked foo, bar',
    'models tiny',
    'day 5',
    'nsfw block',
  ]) {
    expect((await ask(bot, 'policy', rule, admin)).kind).toBe('notice');
  }
  expect(detailsOf(await ask(bot, 'policy'))).toEqual({
    models: 'tiny',
    blocked: '2 words',
    nsfw: 'block',
    steps: '30',
    count: '2',
    day: '5',
  });
  expect(expectJob(await ask(bot, 'imagine', 'a red apple')).record.request).toMatchObject({
    count: 2,
    modelId: 'tiny',
  });
  const refusals = [
    ['x --steps 40', 'Here a picture may take 30 steps at most; lower --steps.'],
    ['x --count 3', 'Here one command may draw 2 pictures at most; lower --count.'],
    ['a foo', "(rule: this server's words)"],
    ['a nude woman', '(rule: adult content)'],
  ] as const;
  for (const [text, message] of refusals) {
    expect(await ask(bot, 'imagine', text)).toMatchObject({
      kind: 'refused',
      message: expect.stringContaining(message),
    });
  }
  expect(await ask(bot, 'policy', 'steps many', admin)).toMatchObject({ kind: 'refused' });
  await ask(bot, 'policy', 'channels other', admin);
  expect(await ask(bot, 'imagine', 'x')).toMatchObject({
    message: 'Pictures are not drawn in this channel; ask in another one.',
  });
  // Another server has none of these rules.
  const place = { ...bot.place, spaceId: 's2' };
  expect((await ask(bot, 'imagine', 'x --count 4', { place })).kind).toBe('job');
  expect(detailsOf(await ask(bot, 'policy', 'reset', admin))).toEqual({});
});

test('content for adults is behind a spoiler where the rule of the space says so', async () => {
  const bot = makeBot();
  await ask(bot, 'policy', 'nsfw spoiler', admin);
  const place = { ...bot.place, spaceId: 's1', isAgeRestricted: false };
  const drawn = expectJob(await ask(bot, 'imagine', 'a nude woman', { place }));
  const card = await bot.finalCard(drawn);
  expect(card.images.every(({ isSpoiler }) => isSpoiler)).toBe(true);
});

test('the queue shows the own jobs with a cancel button, and what is left of the quota', async () => {
  const bot = makeBot();
  bot.backend.isHeld = true;
  await bot.start('one');
  await bot.start('two');
  await bot.imagine('three', { user: BOB });
  const queue = await ask(bot, 'queue');
  if (queue.kind !== 'notice') throw new Error('no notice');
  expect(queue.lines[0]).toBe('3 jobs of 2 people waiting or drawing.');
  expect(queue.lines.slice(2).map((line) => line.slice(0, 6))).toEqual(['1. one', '2. two']);
  expect(detailsOf(queue)).toMatchObject({ 'Open now': '2 of 13', Today: '2 of 2,000' });
  expect(await bot.press(queue.buttons[0]?.[1]?.actionId ?? '')).toEqual({ kind: 'done' });
  expect((await bot.service.queue({ user: ADA, place: bot.place })).own).toHaveLength(1);
});

test('the gallery has what one person made, page by page, and each can be shown again', async () => {
  const bot = makeBot();
  for (const text of ['one', 'two', 'three']) await bot.finalCard(await bot.start(text));
  await bot.finalCard(await bot.start('a broken one'));
  await bot.finalCard(await bot.imagine('not mine', { user: BOB }));
  const query = { user: ADA, place: bot.place, limit: 2 };
  const first = await bot.service.gallery(query);
  expect(first.entries.map(({ card }) => card.title)).toEqual(['three', 'two']);
  const { nextCursor } = first;
  const second = await bot.service.gallery({ ...query, cursor: nextCursor });
  expect(second.entries.map(({ card }) => card.title)).toEqual(['one']);
  expect(second.nextCursor).toBeUndefined();
  const id = first.entries[1]?.record.id ?? '';
  const elsewhere = { platform: 'slack', channelId: 'c9' } as const;
  const shown = await ask(bot, 'show', `${id}/3`, { place: elsewhere, user: BOB });
  expect(shown).toMatchObject({ kind: 'card', card: { title: 'two', jobId: id } });
});

test('a private picture is shown to nobody else', async () => {
  const bot = makeBot();
  const drawn = await bot.start('a diary --private');
  await bot.finalCard(drawn);
  expect(await ask(bot, 'show', drawn.record.id, { user: BOB })).toMatchObject({ kind: 'refused' });
  expect(await ask(bot, 'show', drawn.record.id)).toMatchObject({ kind: 'card' });
  const stolen = await ask(bot, 'imagine', `x --image ${drawn.record.id}`, { user: BOB });
  expect(stolen).toMatchObject({ kind: 'refused' });
});

test('a dropped picture brings its recipe back, with buttons that work', async () => {
  const bot = makeBot();
  const settings = makeSettings(makeRequest({ prompt: 'a blue boat', seed: 99, count: 1 }));
  const png = makePng(toRecipeTexts(settings, 0));
  const shown = await ask(bot, 'show', '', { attachments: [attach(png)] });
  if (shown.kind !== 'card') throw new Error(JSON.stringify(shown));
  expect(shown.card).toMatchObject({
    title: 'a blue boat',
    images: [{ widthPx: 128, heightPx: 96 }],
  });
  expect(shown.card.command).toContain('--seed 99');
  const varied = expectJob(await bot.press(bot.button(shown.card, 'Vary strong')));
  expect(varied.record.request).toMatchObject({ prompt: 'a blue boat', seed: 99 });
  const upscaled = expectJob(await bot.press(bot.button(shown.card, 'Upscale 2×')));
  expect(await bot.finalCard(upscaled)).toMatchObject({ status: 'succeeded' });
});

test("a stranger's picture has no recipe, and can still be enlarged and varied", async () => {
  const bot = makeBot();
  const picture = attach(makePng());
  expect(await ask(bot, 'show', '', { attachments: [picture] })).toMatchObject({
    kind: 'refused',
    message: expect.stringContaining('apple.png holds no recipe'),
  });
  const message = { user: ADA, place: bot.place, picture };
  const upscaled = await bot.service.picture({ ...message, action: 'upscale', deliveryId: 'u1' });
  expect(await bot.finalCard(upscaled)).toMatchObject({ status: 'succeeded' });
  const varied = await bot.service.picture({
    ...message,
    action: 'vary',
    text: 'a boat',
    deliveryId: 'v1',
  });
  expect(expectJob(varied).record.request).toMatchObject({
    prompt: 'a boat',
    startImage: { kind: 'stored' },
  });
});

test('an attached file is the start image, and what is no picture gets a sentence', async () => {
  const bot = makeBot();
  const drawn = expectJob(
    await ask(bot, 'imagine', 'a boat --strength 0.5', { attachments: [attach(makePng())] }),
  );
  expect(drawn.record.request).toMatchObject({ strength: 0.5, startImage: { kind: 'stored' } });
  await bot.finalCard(drawn);
  expect(bot.backend.submitted[0]?.request).toMatchObject({ startImage: { kind: 'inline' } });
  const html = attach(Buffer.from('<html>'), 'page.png');
  expect(await ask(bot, 'imagine', 'a boat', { attachments: [html] })).toEqual({
    kind: 'refused',
    message: 'page.png is no picture; send a PNG, JPEG, WebP, GIF or AVIF file.',
  });
  expect(await ask(bot, 'imagine', 'a boat --image http://10.0.0.1/x.png')).toMatchObject({
    message: '--image takes the id of a picture or an attached file; links are not fetched.',
  });
  expect(await ask(bot, 'imagine', 'a boat --image k7m2q9x4tbn8w3d5/2')).toEqual({
    kind: 'refused',
    message: 'There is no picture k7m2q9x4tbn8w3d5/2; /history lists the ids of yours.',
  });
  await bot.imageStore.delete(drawn.record.id);
  expect(await ask(bot, 'imagine', `a boat --image ${drawn.record.id}/1`)).toEqual({
    kind: 'refused',
    message: `The picture ${drawn.record.id}/1 is no longer stored; draw it again from its command, or attach the file.`,
  });
});

test('choices in braces are so many jobs; many are asked back about', async () => {
  const bot = makeBot();
  const few = await bot.imagine('a {red, green} apple --seed 7');
  if (few.kind !== 'jobs') throw new Error(JSON.stringify(few));
  expect(few.jobs.map(({ card }) => card.title)).toEqual(['a red apple', 'a green apple']);
  expect(few.jobs.map(({ record }) => record.place.isFollowUp)).toEqual([undefined, true]);
  const many = await bot.imagine('a {red, green} {apple, pear, fig} --count 1');
  if (many.kind !== 'notice') throw new Error(JSON.stringify(many));
  expect(many.title).toBe('This makes 6 jobs');
  const yes = many.buttons[0]?.[0]?.actionId ?? '';
  expect(await bot.press(yes, { user: BOB })).toMatchObject({ kind: 'refused' });
  const started = await bot.press(yes);
  if (started.kind !== 'jobs') throw new Error(JSON.stringify(started));
  expect(started.jobs).toHaveLength(6);
  expect(await bot.press(yes)).toMatchObject({ kind: 'refused' });
  expect(await bot.imagine('{a,b} {a,b} {a,b} {a,b} {a,b} {a,b}')).toMatchObject({
    kind: 'refused',
  });
  const literal = await bot.start('a \\{red, green\\} apple');
  expect(literal.card.title).toBe('a {red, green} apple');
  expect(literal.card.command).toContain('a \\{red, green\\} apple');
});

test('--repeat draws the same again with other noise', async () => {
  const bot = makeBot();
  const repeated = await bot.imagine('a red apple --seed 7 --repeat 2');
  if (repeated.kind !== 'jobs') throw new Error(JSON.stringify(repeated));
  const seeds = repeated.jobs.map(
    ({ record }) => record.request.kind === 'generate' && record.request.seed,
  );
  expect(seeds).toEqual([7, 11]);
});

test('/animate makes one moving picture, in words of its own or by flags', async () => {
  const bot = makeBot();
  const walk = expectJob(await ask(bot, 'animate', '“a cat” to “a dog” --frames 8 --seed 7'));
  expect(walk.record.request).toMatchObject({
    kind: 'animate',
    prompt: 'a cat',
    toPrompt: 'a dog',
    frames: 8,
    seed: 7,
  });
  expect(walk.card.title).toBe('a cat to a dog');
  const again = expectJob(await bot.imagine(walk.record.command));
  expect(again.record.request).toEqual(walk.record.request);
  expect(await bot.imagine('a cat --to a dog --tile')).toMatchObject({
    message: '--to makes a moving picture, which takes no --tile.',
  });
});

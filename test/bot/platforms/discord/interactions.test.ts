/** Discord as people use it: commands with options, menus, forms, private answers, settings – over both transports. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { PermissionFlagsBits } from 'discord-api-types/v10';
import { createMemoryImageStore } from '../../../../bot/stores/memory-image-store.ts';
import { createMemoryJobStore } from '../../../../bot/stores/memory-job-store.ts';
import { createMemorySettingsStore } from '../../../../bot/stores/memory-settings-store.ts';
import {
  startScene,
  type BotStores,
  type DiscordBotOptions,
  type DiscordScene,
} from '../../../fakes/discord/discord-bot.ts';
import type { Person } from '../../../fakes/discord/person.ts';
import type {
  DiscordGuild,
  DiscordInteraction,
  DiscordMessage,
} from '../../../fakes/discord/world.ts';
import { FakeBackend } from '../../../fakes/fake-backend.ts';
import { VirtualClock } from '../../../fakes/virtual-clock.ts';
import { waitFor } from '../../../fakes/wait-for.ts';

let scene: DiscordScene;
let backend: FakeBackend;
let guild: DiscordGuild;
let ada: Person;
afterEach(async () => {
  await scene.stop();
  scene.discord.violations.check();
});

async function begin(options: DiscordBotOptions = {}): Promise<void> {
  backend = new FakeBackend();
  scene = await startScene({ backend, ...options });
  guild = scene.discord.world.addGuild();
  ada = scene.discord.person({ name: 'Ada', guild });
}

const textOf = (message: DiscordMessage) => scene.discord.text(message);
const say = async (interaction: DiscordInteraction) =>
  textOf(await scene.discord.messageOf(interaction));
const untilPictures = (message: DiscordMessage, count: number) =>
  waitFor(`${count} pictures`, () => message.attachments.length === count);
async function draw(options: Parameters<Person['command']>[1]): Promise<DiscordMessage> {
  const card = await scene.discord.messageOf(ada.command('imagine', options));
  await waitFor('pictures', () => /Reroll/.test(textOf(card)));
  return card;
}
const lastRequest = () => backend.submitted.at(-1)?.request;
/** A store that takes so long that Discord must be told to wait. */
function slowStores(): BotStores {
  const jobStore = createMemoryJobStore();
  const insert = jobStore.insert.bind(jobStore);
  return {
    jobStore: Object.assign(jobStore, {
      insert: async (record: Parameters<typeof insert>[0]) => {
        await sleep(1_600);
        return insert(record);
      },
    }),
    imageStore: createMemoryImageStore(),
    settingsStore: createMemorySettingsStore(new VirtualClock()),
  };
}

describe.each(['gateway', 'http'] as const)('over %s', (transport) => {
  test('a command, its buttons and its form', async () => {
    await begin({ transport });
    await scene.discord.probe();
    const card = await draw({ prompt: 'a red apple --cfg 6', steps: 5, aspect: '3:2', seed: 9 });
    expect(lastRequest()).toMatchObject({ guidanceScale: 6, steps: 5, seed: 9 });
    expect(lastRequest()).toMatchObject({ size: { kind: 'aspect', width: 3, height: 2 } });
    const varied = await scene.discord.messageOf(ada.press(card, 'V3'));
    await untilPictures(varied, 4);
    const form = await scene.discord.answered(ada.press(card, 'Edit'));
    const edited = await scene.discord.messageOf(
      ada.submit(form, { negative: 'worms, "leaves"', aspect: '16:9' }),
    );
    await untilPictures(edited, 4);
    expect(lastRequest()).toMatchObject({ prompt: 'a red apple', seed: 9, guidanceScale: 6 });
    expect(lastRequest()).toMatchObject({ negativePrompt: 'worms, "leaves"' });
    await scene.discord.answered(ada.press(edited, 'Delete'));
    await waitFor('the message to go', () => edited.isDeleted);
  });

  test('what is asked for in private is seen by nobody else', async () => {
    await begin({ transport });
    const card = await draw({ prompt: 'a red apple', private: true });
    expect(card.visibleTo).toBe(ada.user);
    for (const name of ['queue', 'history', 'settings', 'models', 'help', 'info']) {
      const answer = await scene.discord.messageOf(ada.command(name));
      expect(answer.visibleTo).toBe(ada.user);
      expect(textOf(answer).length).toBeGreaterThan(30);
    }
  });

  test('a refusal names the value and the remedy, to the asker alone', async () => {
    await begin({ transport });
    const answer = await scene.discord.messageOf(
      ada.command('imagine', { prompt: 'a red apple --sed 7' }),
    );
    expect(textOf(answer)).toContain('did you mean --seed?'.replace('--', '--'));
    expect(answer.visibleTo).toBe(ada.user);
    expect(backend.submitted).toEqual([]);
  });
});

test('who is kept waiting is told so, and gets the card in its place', async () => {
  await begin({ stores: slowStores() });
  const interaction = ada.command('imagine', { prompt: 'a red apple', count: 1 });
  await scene.discord.answered(interaction);
  expect(interaction.firstResponse).toBe('deferred-message');
  const card = await scene.discord.messageOf(interaction);
  await untilPictures(card, 1);
  const secret = ada.command('imagine', { prompt: 'a pear', count: 1, private: true });
  await scene.discord.answered(secret);
  expect(secret.original?.visibleTo).toBe(ada.user);
  await untilPictures(await scene.discord.messageOf(secret), 1);
});

test('options are offered while they are typed', async () => {
  await begin();
  const offers = async (name: string, typed: string) => {
    const answered = ada.complete('imagine', { prompt: 'x', [name]: typed }, name);
    return (await scene.discord.answered(answered)).choices?.map(({ value }) => value);
  };
  expect(await offers('sampler', 'eu')).toEqual(['euler', 'euler-ancestral']);
  expect(await offers('aspect', '')).toContain('16:9');
  expect(await offers('model', 'ti')).toEqual(['tiny']);
  expect(await offers('style', 'zzz')).toEqual([]);
});

test('settings hold for later commands; only who manages the server changes its rules', async () => {
  await begin();
  expect(await say(ada.command('settings', { steps: 7, negative: 'text' }))).toContain(
    '--steps: 7',
  );
  await draw({ prompt: 'a red apple' });
  expect(lastRequest()).toMatchObject({ steps: 7, negativePrompt: 'text' });
  expect(await say(ada.command('settings', { reset: true }))).toContain('nothing of your own');
  expect(await say(ada.command('policy', { rule: 'steps 5' }))).toContain('Only an administrator');
  const owner = scene.discord.person({
    guild,
    permissions: String(PermissionFlagsBits.ManageGuild),
  });
  expect(await say(owner.command('policy', { rule: 'steps 5' }))).toContain('steps: 5');
  expect(await say(ada.command('imagine', { prompt: 'a pear', steps: 6 }))).toMatch(/5/);
});

test('a moderator may delete what others drew', async () => {
  await begin();
  const card = await draw({ prompt: 'a red apple', count: 1 });
  const moderator = scene.discord.person({
    guild,
    channel: ada.channel,
    permissions: String(PermissionFlagsBits.ManageMessages),
  });
  await scene.discord.answered(moderator.press(card, 'Delete'));
  await waitFor('the message to go', () => card.isDeleted);
  expect(scene.discord.world.messagesIn(ada.channel)).toEqual([]);
});

test('the menu of a message varies, enlarges and shows recipes', async () => {
  await begin();
  const card = await draw({ prompt: 'a red apple' });
  const which = await scene.discord.messageOf(ada.menu('Vary', card));
  expect(which.visibleTo).toBe(ada.user);
  const varied = await scene.discord.messageOf(ada.press(which, 'Picture 2'));
  await untilPictures(varied, 4);
  const single = await draw({ prompt: 'a green pear', count: 1 });
  const recipe = await scene.discord.messageOf(ada.menu('Show recipe', single));
  expect(recipe.visibleTo).toBe(ada.user);
  expect(textOf(recipe)).toMatch(/a green pear[\s\S]*Seed 7/);
  await untilPictures(recipe, 1);
  const enlarged = await scene.discord.messageOf(ada.menu('Upscale', single));
  await untilPictures(enlarged, 1);
});

test('a picture comes back by its id, and a file that is none is refused', async () => {
  await begin();
  const card = await draw({ prompt: 'a red apple', count: 1 });
  const id = /Picture id ([a-z0-9]+\/1)/.exec(textOf(card))?.[1] ?? '';
  const shown = await scene.discord.messageOf(ada.command('show', { id }));
  await untilPictures(shown, 1);
  expect(await say(ada.command('show', { id: 'nothing/9' }))).toMatch(/not|no longer/);
  const file = { filename: 'note.png', contentType: 'image/png', bytes: Buffer.from('no picture') };
  expect(await say(ada.command('upscale', { image: file }))).toContain('note.png');
});

test('pictures for adults are hidden, or refused, as the server says', async () => {
  await begin({ policy: { nsfwRule: 'spoiler' } });
  const card = await draw({ prompt: 'a nude statue', count: 1 });
  expect(textOf(card)).toContain('<picture spoiler');
  const owner = scene.discord.person({
    guild,
    permissions: String(PermissionFlagsBits.Administrator),
  });
  await scene.discord.answered(owner.command('policy', { rule: 'nsfw age-restricted' }));
  const refused = await scene.discord.messageOf(
    ada.command('imagine', { prompt: 'a nude statue' }),
  );
  expect(refused.visibleTo).toBe(ada.user);
  ada.channel.isAgeRestricted = true;
  expect(textOf(await draw({ prompt: 'a nude statue', count: 1 }))).not.toContain('spoiler');
});

test('a prompt cannot ping, link or break the card', async () => {
  await begin();
  const prompt = '@everyone <@123> **x** [y](https://z.example) `` ||s|| # h\n> q';
  const card = await draw({ prompt, count: 1 });
  const [head] = textOf(card).split('\n').slice(1);
  expect(head).toContain(String.raw`\@everyone \<\@123\> \*\*x\*\* \[y\](https\://z.example)`);
});

test('brought along by a person, the bot draws where it is no member', async () => {
  await begin();
  const elsewhere = scene.discord.world.addGuild({ hasBot: false });
  ada = scene.discord.person({ name: 'Ada', guild: elsewhere });
  const card = await draw({ prompt: 'a red apple' });
  await untilPictures(card, 4);
  ada = scene.discord.person({ name: 'Ada' });
  const direct = await draw({ prompt: 'a direct message', count: 1 });
  await untilPictures(direct, 1);
  expect(direct.channel.recipient).toBe(ada.user);
});

test('interactions that are nonsense are answered or left alone, and nothing breaks', async () => {
  await begin({ transport: 'http' });
  const { http } = scene.bot;
  const send = async (body: string) => {
    const headers = new Headers(scene.discord.key.headers(body, Date.now()));
    return (await http?.answer({ headers, body: Buffer.from(body) }))?.status;
  };
  expect(await send('')).toBe(400);
  expect(await send('{')).toBe(400);
  expect(await send('null')).toBe(400);
  expect(await send('[]')).toBe(400);
  expect(await send('{"type":2}')).toBe(400);
  expect(await send('{"type":99,"id":"1","token":"x","application_id":"1"}')).toBe(400);
  expect(await send('9'.repeat(3 * 1024 * 1024))).toBe(413);
  const card = await draw({ prompt: 'a red apple', count: 1 });
  expect(textOf(card)).toContain('Reroll');
});

/** Every state of a job on Discord: the real core, discord.js and engine on a Discord that enforces its rules. */
import { afterEach, beforeAll, afterAll, expect, test } from 'vitest';
import { GenerationError } from '#contract/generation-error.ts';
import { readPngTexts } from '#contract/png-text.ts';
import { createBackend, type OwnedBackend } from '../../bot/backends/create-backend.ts';
import { FakeBackend } from '../fakes/fake-backend.ts';
import {
  startScene,
  type DiscordBotOptions,
  type DiscordScene,
} from '../fakes/discord/discord-bot.ts';
import type { Person } from '../fakes/discord/person.ts';
import type { DiscordGuild, DiscordMessage } from '../fakes/discord/world.ts';
import { backendAt, startRunningFunction } from '../fakes/running-function.ts';
import { createSilentLogger } from '../fakes/silent-logger.ts';
import { waitFor } from '../fakes/wait-for.ts';
import { STATES, type StateTests } from './states.ts';

let engine: OwnedBackend;
beforeAll(() => {
  const environment = { ...process.env, LOG_LEVEL: 'silent' };
  const logger = createSilentLogger();
  engine = createBackend({ url: undefined, token: undefined, environment, logger });
});
afterAll(() => engine.stop());

let scene: DiscordScene;
let guild: DiscordGuild;
let ada: Person;
afterEach(async () => {
  await scene.stop();
  scene.discord.violations.check();
});

async function begin(options: DiscordBotOptions = { backend: engine.backend }): Promise<void> {
  scene = await startScene(options);
  guild = scene.discord.world.addGuild();
  ada = scene.discord.person({ name: 'Ada', guild });
}

/** Asks for pictures and waits for the card. */
async function imagine(prompt: string, options = {}, person = ada): Promise<DiscordMessage> {
  const interaction = person.command('imagine', { prompt, ...options });
  return scene.discord.messageOf(interaction);
}

const textOf = (message: DiscordMessage) => scene.discord.text(message);
const until = (message: DiscordMessage, pattern: RegExp) =>
  waitFor(`${String(pattern)} in:\n${textOf(message)}`, () => pattern.test(textOf(message)));
const untilPictures = (message: DiscordMessage, count: number) =>
  waitFor(
    `${count} pictures`,
    () =>
      message.attachments.filter(({ filename }) => filename.startsWith('imagine-')).length ===
      count,
  );
const edits = (pattern: RegExp) => scene.discord.log.filter(({ request }) => pattern.test(request));
const keep = (name: string, ...messages: DiscordMessage[]) =>
  scene.discord.keep(
    name.replaceAll(' ', '-'),
    messages.map((message, index) => [`${name} ${index + 1}`, message]),
  );
const QUICK = { steps: 4, count: 1, seed: 7 };
const LONG = { steps: 400, count: 4, seed: 7 };

const rows: StateTests = {
  async acknowledged() {
    await begin();
    const interaction = ada.command('imagine', { prompt: 'a red apple', ...QUICK });
    await scene.discord.answered(interaction);
    expect(interaction.firstResponse).toBe('message');
    const card = await scene.discord.messageOf(interaction);
    expect(card.versions[0]).toContain('a red apple');
    expect(card.versions[0]).toContain('Seed 7');
    await untilPictures(card, 1);
    keep('acknowledged', card);
  },

  async queued() {
    await begin();
    const bob = scene.discord.person({ name: 'Bob', guild });
    const first = await imagine('a green pear', LONG, bob);
    const second = await imagine('a red apple', QUICK);
    await until(second, /Waiting|queue/);
    keep('queued', second);
    const queue = await scene.discord.messageOf(ada.command('queue'));
    expect(textOf(queue)).toMatch(/2 jobs of 2 people/);
    expect(queue.visibleTo).toBe(ada.user);
    await scene.discord.answered(ada.press(second, 'Cancel'));
    await until(second, /Canceled/i);
    await scene.discord.answered(bob.press(first, 'Cancel'));
    await until(first, /Canceled/i);
  },

  async 'cold starting'() {
    const cold = await startRunningFunction({ engine: { loadMs: 4_000, stepMs: 5 } });
    try {
      await begin({ backend: backendAt(cold.url) });
      const card = await imagine('a red apple', QUICK);
      await until(card, /[Ll]oading|[Ss]tarting/);
      await waitFor('the end', () => /Done|Retry/.test(textOf(card)));
      keep('cold starting', card);
    } finally {
      await scene.bot.stop();
      await cold.stop();
    }
  },

  async running() {
    await begin();
    const card = await imagine('a red apple', { ...LONG, count: 1 });
    await until(card, /step \d+ of 400/);
    await waitFor('a preview', () =>
      card.attachments.some(({ filename }) => filename === 'preview.webp'),
    );
    const seen = card.versions.length;
    await waitFor('another look', () => card.versions.length > seen);
    expect(textOf(card)).toMatch(/▰|▱/);
    keep('running', card);
    const times = edits(/^PATCH .*@original$/).map(({ atMs }) => atMs);
    const pauses = times.slice(1).map((atMs, index) => atMs - (times[index] ?? 0));
    // Sent by the timer's own rounding, received over a busy machine.
    expect(Math.min(...pauses.slice(1))).toBeGreaterThan(2_500);
    await scene.discord.answered(ada.press(card, 'Cancel'));
    await until(card, /Canceled/i);
  },

  async done() {
    await begin();
    const card = await imagine('a red apple --ar 1:1', { steps: 4, seed: 7 });
    await untilPictures(card, 4);
    const [first] = card.attachments;
    expect(readPngTexts(first?.bytes ?? new Uint8Array()).get('parameters')).toContain('Seed: 7');
    expect(first?.description).toBe('Machine-made picture 1 of 4: a red apple');
    const enlarged = await scene.discord.messageOf(ada.press(card, 'U2'));
    await untilPictures(enlarged, 1);
    const form = await scene.discord.answered(ada.press(card, 'Edit'));
    expect(form.firstResponse).toBe('modal');
    const edited = await scene.discord.messageOf(
      ada.submit(form, { prompt: 'a blue apple', aspect: 'own', flags: '--steps 3 --count 1' }),
    );
    await untilPictures(edited, 1);
    expect(textOf(edited)).toContain('a blue apple');
    keep('done', card, enlarged, edited);
  },

  async failed() {
    const backend = new FakeBackend();
    backend.failure = new GenerationError('engine-crashed', 'The engine stopped three times.');
    await begin({ backend });
    const card = await imagine('a red apple', QUICK);
    await until(card, /The engine stopped three times/);
    keep('failed', card);
    backend.failure = undefined;
    const again = await scene.discord.messageOf(ada.press(card, 'Retry'));
    await untilPictures(again, 1);
    expect(textOf(again)).toContain('Seed 7');
  },

  async 'too large'() {
    await begin({
      backend: engine.backend,
      toLink: (jobId, index) => `https://pictures.example/files/${jobId}/${index}`,
    });
    guild.attachmentSizeLimit = 4_000;
    const card = await imagine('a red apple', QUICK);
    await untilPictures(card, 1);
    const [picture] = card.attachments;
    expect(picture?.contentType).toBe('image/webp');
    expect(picture?.bytes.byteLength).toBeLessThanOrEqual(4_000);
    expect(textOf(card)).toContain('[picture 1](https://pictures.example/files/');
    keep('too large', card);
  },

  async filtered() {
    await begin({ backend: engine.backend, policy: { blockedTerms: ['forbidden fruit'] } });
    const answer = await scene.discord.messageOf(
      ada.command('imagine', { prompt: 'a FORBIDDEN fruit' }),
    );
    expect(answer.visibleTo).toBe(ada.user);
    expect(scene.discord.world.messagesIn(ada.channel)).toEqual([answer]);
    keep('filtered', answer);
  },

  async cancelled() {
    await begin();
    const card = await imagine('a red apple', { ...LONG, count: 1 });
    await waitFor('a preview', () => card.attachments.length === 1);
    const bob = scene.discord.person({ name: 'Bob', guild, channel: ada.channel });
    const refused = await scene.discord.answered(bob.press(card, 'Cancel'));
    const notice = await waitFor('a refusal', () => refused.followUpMessages[0]);
    expect(textOf(notice)).toContain('Only Ada');
    expect(notice.visibleTo).toBe(bob.user);
    await scene.discord.answered(ada.press(card, 'Cancel'));
    await until(card, /Canceled/i);
    expect(textOf(card)).toContain('[Retry]');
    expect(card.attachments.map(({ filename }) => filename)).toEqual(['preview.webp']);
    keep('cancelled', card, notice);
  },

  async 'token expired'() {
    const backend = new FakeBackend();
    await begin({ backend });
    backend.isHeld = true;
    const card = await imagine('a red apple', QUICK);
    await until(card, /Cancel/);
    const elsewhere = scene.discord.world.addGuild({ hasBot: false });
    const eve = scene.discord.person({ name: 'Eve', guild: elsewhere });
    await imagine('a green pear', QUICK, eve);
    const secret = await imagine('a yellow plum', { ...QUICK, private: true });
    expect(secret.visibleTo).toBe(ada.user);
    scene.discord.clock.advance(14.5 * 60_000);
    backend.isHeld = false;
    await untilPictures(card, 1);
    expect(edits(/^PATCH \/channels\/\d+\/messages/).length).toBeGreaterThan(0);
    const find = (person: Person) =>
      waitFor('a direct message', () =>
        scene.discord.world
          .messagesIn(scene.discord.world.directChannel(person.user))
          .find(({ attachments }) => attachments.length === 1),
      );
    // Where the bot is no member, and where a message was for one person's eyes, the person is written to.
    const direct = await find(eve);
    const own = await find(ada);
    expect(textOf(direct)).toContain('a green pear');
    expect(textOf(own)).toContain('a yellow plum');
    keep('token expired', card, direct, own);
  },

  async 'restarted mid-job'() {
    await begin();
    const card = await imagine('a red apple', { steps: 60, count: 1, seed: 7 });
    await until(card, /step \d+ of 60/);
    await scene.restart();
    await untilPictures(card, 1);
    expect(scene.discord.world.messagesIn(ada.channel)).toEqual([card]);
    expect(scene.discord.world.commandWrites).toBe(1);
    keep('restarted mid-job', card);
  },

  async 'message deleted'() {
    const backend = new FakeBackend({ stepMs: 50, steps: 400 });
    await begin({ backend });
    const card = await imagine('a red apple', QUICK);
    ada.delete(card);
    await waitFor('the cancel', () => backend.canceled.length > 0);
    const bob = scene.discord.person({ name: 'Bob', guild });
    const other = await imagine('a green pear', QUICK, bob);
    bob.channel.isDeleted = true;
    await waitFor('the second cancel', () => new Set(backend.canceled).size === 2);
    expect(scene.discord.world.messagesIn(ada.channel)).toEqual([]);
    keep('message deleted', card, other);
  },

  async 'double click'() {
    const backend = new FakeBackend();
    await begin({ backend });
    const card = await imagine('a red apple', QUICK);
    await untilPictures(card, 1);
    const clicks = [ada.press(card, 'Vary strong'), ada.press(card, 'Vary strong')];
    for (const click of clicks) await scene.discord.answered(click);
    scene.discord.deliver(clicks[0] ?? ada.press(card, 'Vary strong'));
    scene.discord.gateway.isDoubling = true;
    const twice = await imagine('a green pear', QUICK);
    await untilPictures(twice, 1);
    expect(backend.submitted.map(({ request }) => 'prompt' in request && request.prompt)).toEqual([
      'a red apple',
      'a red apple',
      'a green pear',
    ]);
    const messages = scene.discord.world.messagesIn(ada.channel);
    expect(messages).toHaveLength(3);
    keep('double click', ...messages);
  },
};

for (const name of STATES) {
  test(`Discord shows a job that is ${name}`, async () => {
    await rows[name]();
    expect(scene.discord.violations.all).toEqual([]);
  });
}

test('a picture goes on: a part of it drawn anew, zoomed out of, started from', async () => {
  await begin();
  const card = await imagine('a red apple', QUICK);
  await untilPictures(card, 1);
  const picker = await scene.discord.messageOf(ada.press(card, 'Edit region'));
  expect(picker.visibleTo).toBe(ada.user);
  expect(picker.attachments.map(({ filename }) => filename)).toEqual(['region.webp']);
  await scene.discord.answered(ada.press(picker, '□ A1'));
  await until(picker, /■ A1/);
  const form = await scene.discord.answered(ada.press(picker, 'Go on'));
  const redrawn = await scene.discord.messageOf(ada.submit(form, { prompt: 'a green leaf' }));
  await until(redrawn, /✅ Done/);
  const zoomed = await scene.discord.messageOf(ada.press(card, 'Zoom out 1.5×'));
  await until(zoomed, /✅ Done/);
  const [drawn] = card.attachments;
  if (drawn === undefined) throw new Error('there is no picture');
  const { filename, contentType, bytes } = drawn;
  const image = { filename, contentType, bytes };
  const started = await imagine('a green apple', { ...QUICK, image, strength: 0.6 });
  await untilPictures(started, 1);
  keep('going on', card, picker, redrawn, zoomed, started);
  expect(scene.discord.violations.all).toEqual([]);
});

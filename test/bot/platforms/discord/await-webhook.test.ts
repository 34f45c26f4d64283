/** Work that is done before the first answer has reached Discord is shown all the same, in its place. */
import { afterEach, expect, test } from 'vitest';
import { setTimeout as sleep } from 'node:timers/promises';
import { awaitWebhook } from '../../../../bot/platforms/discord/await-webhook.ts';
import { createDiscordRest } from '../../../../bot/platforms/discord/rest.ts';
import { FakeDiscord } from '../../../fakes/discord/fake-discord.ts';

let discord: FakeDiscord;
afterEach(() => discord.stop());

async function begin() {
  const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
  discord = await FakeDiscord.start({
    sendRequest: async () => {
      await answered;
      return { status: 200, text: JSON.stringify({ type: 5 }) };
    },
  });
  const rest = createDiscordRest({ token: discord.botToken, apiUrl: discord.apiUrl });
  const ada = discord.person({ guild: discord.world.addGuild() });
  const asked = discord.interact(
    { id: '11', token: 'token-11', type: 2, data: { name: 'imagine' } },
    ada,
  );
  const path =
    `/webhooks/${discord.world.application.id}/${asked.token}/messages/@original` as const;
  const edit = { method: 'PATCH', path, body: { content: 'Here it is' }, isBot: false } as const;
  return { rest, asked, edit, answer };
}

test('the edit waits for the first answer and then counts', async () => {
  const { rest, asked, edit, answer } = await begin();
  let pauses = 0;
  const patient = awaitWebhook(rest, async (durationMs) => {
    pauses += 1;
    if (pauses === 2) answer();
    await sleep(durationMs);
  });
  await patient.request(edit);
  expect(discord.text(await discord.messageOf(asked))).toContain('Here it is');
  expect(pauses).toBeGreaterThanOrEqual(2);
});

test('where none comes the refusal is passed on after 3.1 seconds of pauses', async () => {
  const { rest, edit, answer } = await begin();
  const pausesMs: number[] = [];
  const patient = awaitWebhook(rest, async (durationMs) => void pausesMs.push(durationMs));
  await expect(patient.request(edit)).rejects.toMatchObject({ status: 404, code: 10_015 });
  expect(pausesMs.reduce((sum, pauseMs) => sum + pauseMs, 0)).toBe(3_100);
  answer();
});

test('what fails for another reason is not tried again', async () => {
  const { rest, edit, answer } = await begin();
  const patient = awaitWebhook(rest, () => Promise.reject(new Error('a pause')));
  const other = { ...edit, path: '/webhooks/1/unknown/messages/@original' } as const;
  await expect(patient.request(other)).rejects.toMatchObject({ code: 50_027 });
  answer();
});

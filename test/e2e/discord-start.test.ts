/** The whole program with a Discord token, as an operator starts it: the bot joins, draws, and says what is wrong. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakeDiscord } from '../fakes/discord/fake-discord.ts';
import { makeTemporaryFolder } from '../fakes/temporary-folder.ts';
import { waitFor } from '../fakes/wait-for.ts';
import { startProgram, stopProgram } from '../processes.ts';
import { projectFolder } from '../source-files.ts';

let discord: FakeDiscord;
beforeEach(async () => {
  discord = await FakeDiscord.start();
});
afterEach(() => discord.stop());

const environment = (changes: Record<string, string> = {}) => ({
  DISCORD_TOKEN: discord.botToken,
  DISCORD_API_URL: discord.apiUrl,
  DATA_DIR: makeTemporaryFolder(),
  PORT: '0',
  LOG_LEVEL: 'silent',
  ...changes,
});

/** What the program printed and how it ended. */
async function run(path: string, argument: string, changes?: Record<string, string>) {
  const env = { ...process.env, ...environment(changes) };
  const ended = await promisify(execFile)(process.execPath, [join(projectFolder, path), argument], {
    env,
  }).catch((error: { code: number; stdout: string; stderr: string }) => error);
  const { stdout, stderr } = ended;
  return { exitCode: 'code' in ended ? ended.code : 0, output: stdout + stderr };
}

test('npm start with a token joins Discord and draws there', async () => {
  const bot = await startProgram('bot/main.ts', environment());
  try {
    await waitFor('the connection', () => discord.gateway.isConnected);
    const ada = discord.person({ name: 'Ada', guild: discord.world.addGuild() });
    const card = await discord.messageOf(
      ada.command('imagine', { prompt: 'a red apple', steps: 3, count: 1 }),
    );
    await waitFor('the picture', () =>
      card.attachments.some(({ filename }) => filename.endsWith('.png')),
    );
    expect(discord.text(card)).toContain('Done');
    expect(discord.violations.all).toEqual([]);
  } finally {
    await stopProgram(bot);
  }
});

test('a bot that is killed in the middle goes on with the same message', async () => {
  const settings = environment();
  const first = await startProgram('bot/main.ts', settings);
  await waitFor('the connection', () => discord.gateway.isConnected);
  const ada = discord.person({ name: 'Ada', guild: discord.world.addGuild() });
  const card = await discord.messageOf(
    ada.command('imagine', { prompt: 'a red apple', steps: 40, count: 1 }),
  );
  const ended = once(first.child, 'exit');
  first.child.kill('SIGKILL');
  await ended;
  discord.gateway.forgetIdentifies();
  const second = await startProgram('bot/main.ts', settings);
  try {
    await waitFor('the picture', () =>
      card.attachments.some(({ filename }) => filename.startsWith('imagine-')),
    );
    expect(discord.world.messagesIn(ada.channel)).toEqual([card]);
    expect(discord.violations.all).toEqual([]);
  } finally {
    await stopProgram(second);
  }
});

test('a wrong token is refused in a sentence that does not repeat it', async () => {
  const wrong = 'not-the-right-token';
  const { exitCode, output } = await run('bot/main.ts', '', { DISCORD_TOKEN: wrong });
  expect(exitCode).toBe(2);
  expect(output).toContain('Discord does not know DISCORD_TOKEN');
  expect(output).not.toContain(wrong);
});

test('npm run discord checks the setup, prints the links and registers the commands', async () => {
  discord.world.addGuild({ permissions: '0' });
  const checked = await run('bot/discord.ts', 'check');
  expect(checked.exitCode).toBe(1);
  expect(checked.output).toContain(
    `The token belongs to Imagine (${discord.world.application.id})`,
  );
  expect(checked.output).toMatch(/FAIL .* lacks View Channels, Send Messages/);
  expect(checked.output).toContain('https://discord.com/oauth2/authorize?client_id=');
  expect((await run('bot/discord.ts', 'register')).output).toContain('registered now');
  expect((await run('bot/discord.ts', 'register')).output).toContain('registered already');
  expect(discord.world.commandWrites).toBe(1);
  expect((await run('bot/discord.ts', 'check', { DISCORD_TOKEN: 'wrong' })).output).toMatch(
    /FAIL .*DISCORD_TOKEN is not valid/,
  );
  expect((await run('bot/discord.ts', 'help')).exitCode).toBe(2);
});

/** `npm start` with Slack's tokens set: the whole program joins in, draws, and leaves cleanly; wrong tokens are sentences. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakeSlack } from '../fakes/slack/fake-slack.ts';
import { SlackScreen } from '../fakes/slack/screen.ts';
import { APP_TOKEN, BOT_TOKEN } from '../fakes/slack/workspace.ts';
import { makeTemporaryFolder } from '../fakes/temporary-folder.ts';
import { startProgram, stopProgram } from '../processes.ts';
import { projectFolder } from '../source-files.ts';

let slack: FakeSlack;
beforeEach(async () => {
  slack = await FakeSlack.start();
});
afterEach(() => slack.stop());

const toEnvironment = (changes: Readonly<Record<string, string>> = {}) => ({
  DATA_DIR: makeTemporaryFolder(),
  PORT: '0',
  SLACK_API_URL: slack.apiUrl,
  SLACK_BOT_TOKEN: BOT_TOKEN,
  SLACK_APP_TOKEN: APP_TOKEN,
  ...changes,
});

test('the bot joins Slack, draws there, and leaves', async () => {
  const ada = slack.person('U0ADA', 'ada');
  const general = slack.channel('C0GENERAL', [ada]);
  const { child } = await startProgram('bot/main.ts', toEnvironment());
  const ended = once(child, 'exit');
  await ada.command('a red apple --count 1 --steps 4 --seed 7', general);
  const card = await new SlackScreen(slack).find(general, 'Done in');
  child.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
  expect(new SlackScreen(slack).words(card)).toMatch(/<picture \S+\.png, \d+ bytes/);
  slack.checkRules();
});

test('a bot that is killed in the middle goes on with the same message', async () => {
  const ada = slack.person('U0ADA', 'ada');
  const general = slack.channel('C0GENERAL', [ada]);
  const screen = new SlackScreen(slack);
  const environment = toEnvironment();
  const first = await startProgram('bot/main.ts', environment);
  await ada.command('a red apple --count 1 --steps 24', general);
  const card = await screen.find(general, 'a red apple');
  await screen.until(() => card.looks.length > 1);
  const ended = once(first.child, 'exit');
  first.child.kill('SIGKILL');
  await ended;
  const second = await startProgram('bot/main.ts', environment);
  try {
    await screen.until(() => screen.words(card).includes('Done in'));
    expect(slack.workspace.visible(general)).toEqual([card]);
    slack.checkRules();
  } finally {
    await stopProgram(second);
  }
});

function run(
  environment: Readonly<Record<string, string>>,
): Promise<{ exitCode: number | null; stderr: string }> {
  return new Promise((resolve) => {
    const path = join(projectFolder, 'bot/main.ts');
    const options = { cwd: projectFolder, env: { ...process.env, ...environment } };
    const child = execFile(process.execPath, [path], options, (_error, _stdout, stderr) => {
      resolve({ exitCode: child.exitCode, stderr });
    });
  });
}

test.each([
  [
    'a bot token that Slack does not know',
    { SLACK_BOT_TOKEN: 'wrong' },
    /SLACK_BOT_TOKEN \(invalid_auth\)/,
  ],
  [
    'an app token that Slack does not know',
    { SLACK_APP_TOKEN: 'wrong' },
    /SLACK_APP_TOKEN \(invalid_auth\)/,
  ],
  ['no way in', { SLACK_APP_TOKEN: '' }, /neither SLACK_APP_TOKEN .* nor SLACK_SIGNING_SECRET/],
])('%s is one sentence, and nothing of the token', async (_what, changes, sentence) => {
  const { exitCode, stderr } = await run(toEnvironment({ ...changes, LOG_LEVEL: 'silent' }));
  expect(stderr).toMatch(sentence);
  expect(stderr).not.toContain(BOT_TOKEN);
  expect(exitCode).toBe(2);
});

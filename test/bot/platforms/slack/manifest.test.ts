/** The manifest that people paste, and the check of what they made of it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkSetup } from '../../../../bot/platforms/slack/check-setup.ts';
import { BOT_SCOPES, SHORTCUTS, toManifest } from '../../../../bot/platforms/slack/manifest.ts';
import { createSendCall } from '../../../../bot/platforms/slack/send-call.ts';
import { createSlackLog } from '../../../../bot/platforms/slack/slack-log.ts';
import { FakeSlack } from '../../../fakes/slack/fake-slack.ts';
import { APP_TOKEN, BOT_TOKEN } from '../../../fakes/slack/workspace.ts';
import { createSilentLogger } from '../../../fakes/silent-logger.ts';
import { projectFolder } from '../../../source-files.ts';

let slack: FakeSlack;
beforeEach(async () => {
  slack = await FakeSlack.start();
});
afterEach(() => slack.stop());

const log = createSlackLog(createSilentLogger());
const send = (token: string) => createSendCall({ apiUrl: slack.apiUrl, token, log });

async function check(botToken: string, appToken: string | undefined): Promise<string[]> {
  const findings = await checkSetup({
    sendAsBot: send(botToken),
    sendAsApp: appToken === undefined ? undefined : send(appToken),
    hasSigningSecret: false,
  });
  return findings.map(({ isGood, text }) => `${isGood ? 'ok' : 'FAIL'} ${text}`);
}

test('the file in docs is what the code says', () => {
  const file = readFileSync(join(projectFolder, 'docs/slack-manifest.json'), 'utf8');
  expect(JSON.parse(file)).toEqual(toManifest());
});

test("it keeps to Slack's limits, and asks for what the bot uses", () => {
  const manifest = JSON.stringify(toManifest('https://bot.example/'));
  expect(manifest.match(/https:\/\/bot\.example\/slack\/events/g)).toHaveLength(4);
  expect(SHORTCUTS.every(({ name }) => name.length <= 24)).toBe(true);
  expect(slack.workspace.scopes.toSorted()).toEqual(Object.keys(BOT_SCOPES).toSorted());
});

test('a good set-up is all ok', async () => {
  const lines = await check(BOT_TOKEN, APP_TOKEN);
  expect(lines).toEqual([
    'ok The bot is @imagine in Imagine.',
    'ok It has every scope it needs.',
    'ok Socket Mode is on and the app-level token opens it.',
  ]);
});

test('every mistake is named with its remedy', async () => {
  slack.workspace.scopes = ['commands'];
  const [, scopes] = await check(BOT_TOKEN, APP_TOKEN);
  expect(scopes).toContain('FAIL It lacks app_mentions:read');
  expect(await check('wrong', undefined)).toEqual([
    expect.stringContaining('FAIL SLACK_BOT_TOKEN is not accepted (invalid_auth)'),
    expect.stringContaining('FAIL Neither SLACK_APP_TOKEN'),
  ]);
  // The two tokens in each other's place, which is what happens most.
  expect(await check(APP_TOKEN, BOT_TOKEN)).toEqual([
    expect.stringContaining('not_allowed_token_type'),
    expect.stringContaining('must begin with xapp-'),
  ]);
});

/** The Slack of the tests enforces the rules that it is there for: otherwise no test against it would mean anything. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WebClient } from '@slack/web-api';
import { FakeSlack } from '../../../fakes/slack/fake-slack.ts';
import type { SlackPerson } from '../../../fakes/slack/person.ts';
import { toColour } from '../../../fakes/slack/slack-bot.ts';
import { BOT_TOKEN } from '../../../fakes/slack/workspace.ts';

let slack: FakeSlack;
let ada: SlackPerson;
let general: string;
let client: WebClient;

beforeEach(async () => {
  slack = await FakeSlack.start({ processingMs: 60_000 });
  ada = slack.person('U0ADA', 'ada');
  general = slack.channel('C0GENERAL', [ada]);
  client = new WebClient(BOT_TOKEN, {
    slackApiUrl: slack.apiUrl,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
  });
});
afterEach(() => slack.stop());

/** Slack's own name for the refusal, or `ok`. */
async function call(method: string, body: Record<string, unknown>): Promise<string> {
  try {
    await client.apiCall(method, body);
    return 'ok';
  } catch (error) {
    const { data } = error as { data?: { error: string } };
    return data?.error ?? (error instanceof Error ? error.message : 'no error');
  }
}

async function upload(bytes: Uint8Array): Promise<string> {
  const { file_id: id, upload_url: url } = (await client.apiCall('files.getUploadURLExternal', {
    filename: 'a.png',
    length: bytes.length,
  })) as unknown as { file_id: string; upload_url: string };
  await fetch(url, { method: 'POST', body: new Uint8Array(bytes) });
  await client.apiCall('files.completeUploadExternal', { files: [{ id }] });
  return id;
}

const showing = (id: string) => ({
  channel: general,
  text: 'a picture',
  blocks: [{ type: 'image', slack_file: { id }, alt_text: 'a picture' }],
});

test('a picture can be shown only when it was processed, and only if Slack can show it', async () => {
  const png = await upload(toColour(1, 8));
  const webp = await upload(Buffer.from('RIFF0000WEBPVP8 '));
  expect(await call('chat.postMessage', showing(png))).toBe('invalid_blocks');
  slack.clock.advance(61_000);
  expect(await call('chat.postMessage', showing(png))).toBe('ok');
  expect(await call('chat.postMessage', showing(webp))).toBe('invalid_blocks');
  expect(await call('files.upload', { content: 'x' })).toBe('method_deprecated');
  expect(slack.workspace.violations).toHaveLength(3);
});

test('blocks are held to the documented limits', async () => {
  const section = (text: string) => ({ type: 'section', text: { type: 'plain_text', text } });
  const button = (id: string) => ({
    type: 'button',
    action_id: id,
    text: { type: 'plain_text', text: 'B' },
  });
  for (const [blocks, refusal] of [
    [Array.from({ length: 51 }, () => section('x')), 'invalid_blocks'],
    [[section('x'.repeat(3_001))], 'invalid_blocks'],
    [[section('')], 'invalid_blocks'],
    [Array.from({ length: 5 }, () => section('x'.repeat(2_900))), 'msg_blocks_too_long'],
    [
      [
        {
          type: 'actions',
          elements: Array.from({ length: 26 }, (_, index) => button(`b${index}`)),
        },
      ],
      'invalid_blocks',
    ],
    [[{ type: 'actions', elements: [button('same'), button('same')] }], 'invalid_blocks'],
    [[{ type: 'image', slack_file: { id: 'F1' } }], 'invalid_blocks'],
  ] as const) {
    expect(await call('chat.postMessage', { channel: general, text: 'x', blocks })).toBe(refusal);
    slack.clock.advance(2_000);
  }
  expect(await call('chat.postMessage', { channel: general, text: 'x'.repeat(40_001) })).toBe(
    'msg_too_long',
  );
});

test('messages: membership, ownership, what is deleted, what only one person sees', async () => {
  const secret = slack.channel('C0SECRET', [ada], { isBotIn: false });
  const hidden = slack.channel('C0HIDDEN', [ada], { isBotIn: false, kind: 'private' });
  expect(await call('chat.postMessage', { channel: secret, text: 'x' })).toBe('not_in_channel');
  expect(await call('chat.postMessage', { channel: hidden, text: 'x' })).toBe('channel_not_found');
  const foreign = ada.write('mine', general);
  expect(await call('chat.update', { channel: general, ts: foreign.ts, text: 'x' })).toBe(
    'cant_update_message',
  );
  expect(await call('chat.update', { channel: general, ts: '1.1', text: 'x' })).toBe(
    'message_not_found',
  );
  expect(await call('chat.postEphemeral', { channel: general, user: 'U0ADA', text: 'x' })).toBe(
    'ok',
  );
  const own = slack.workspace.visible(general, 'U0ADA').at(-1);
  expect(await call('chat.update', { channel: general, ts: own?.ts, text: 'x' })).toBe(
    'message_not_found',
  );
  expect(slack.workspace.violations).toEqual([
    'an ephemeral message was changed other than by its response_url',
  ]);
});

test('a trigger opens one modal within three seconds; three lie on each other', async () => {
  const view = {
    type: 'modal',
    title: { type: 'plain_text', text: 'T' },
    blocks: [{ type: 'divider' }],
  };
  const fresh = () => slack.triggers.makeTrigger('U0ADA');
  const trigger = fresh();
  expect(await call('views.open', { trigger_id: trigger, view })).toBe('ok');
  expect(await call('views.open', { trigger_id: trigger, view })).toBe('exchanged_trigger_id');
  const late = fresh();
  slack.clock.advance(3_100);
  expect(await call('views.open', { trigger_id: late, view })).toBe('expired_trigger_id');
  const long = { ...view, title: { type: 'plain_text', text: 'x'.repeat(25) } };
  expect(await call('views.open', { trigger_id: fresh(), view: long })).toBe('invalid_blocks');
  expect(await call('views.push', { trigger_id: fresh(), view })).toBe('ok');
  expect(await call('views.push', { trigger_id: fresh(), view })).toBe('ok');
  expect(await call('views.push', { trigger_id: fresh(), view })).toBe('push_limit_reached');
});

test('a response_url answers five times within half an hour', async () => {
  const url = slack.triggers.makeResponseUrl(general, 'U0ADA');
  const respond = async (address: string): Promise<number> =>
    (await fetch(address, { method: 'POST', body: JSON.stringify({ text: 'x' }) })).status;
  for (let use = 0; use < 5; use += 1) expect(await respond(url)).toBe(200);
  expect(await respond(url)).toBe(404);
  const old = slack.triggers.makeResponseUrl(general, 'U0ADA');
  slack.clock.advance(30 * 60_000 + 1);
  expect(await respond(old)).toBe(404);
  expect(slack.workspace.violations).toHaveLength(2);
});

test('tiers: about a message a second in a channel, 50 edits a minute; Retry-After must be obeyed', async () => {
  const post = () => call('chat.postMessage', { channel: general, text: 'x' });
  expect([await post(), await post(), await post()]).toEqual(['ok', 'ok', 'ok']);
  expect(await post()).toMatch(/rate/i);
  slack.clock.advance(1_100);
  expect(await post()).toBe('ok');
  const { ts } = slack.workspace.messages.at(-1) ?? { ts: '' };
  const update = () => call('chat.update', { channel: general, ts, text: 'x' });
  for (let edit = 0; edit < 50; edit += 1) expect(await update()).toBe('ok');
  expect(await update()).toMatch(/rate/i);
  expect(slack.workspace.violations).toEqual([]);
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  expect(await update()).toMatch(/rate/i);
  expect(slack.workspace.violations).toEqual([
    'chat.update was called before Retry-After was over',
  ]);
});

test('tokens and scopes', async () => {
  slack.workspace.scopes = ['chat:write'];
  expect(await call('files.info', { file: 'F1' })).toBe('missing_scope');
  expect(await call('apps.connections.open', {})).toBe('not_allowed_token_type');
  const other = new WebClient('xoxb-other', {
    slackApiUrl: slack.apiUrl,
    retryConfig: { retries: 0 },
  });
  await expect(other.auth.test()).rejects.toThrow('invalid_auth');
});

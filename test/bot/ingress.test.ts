/** The door on AWS: only what is signed, fresh and new gets in; everything else is refused and nothing is handed on. */
import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { parseDeliveryMessage } from '../../bot/aws/delivery-message.ts';
import { createIngress, type IngressOptions } from '../../bot/aws/ingress.ts';
import { toJobId } from '../../bot/core/job-id.ts';
import { createMemorySettingsStore } from '../../bot/stores/memory-settings-store.ts';
import { bundleHandler } from '../../infra/bundle-handler.ts';
import { SigningKey } from '../fakes/discord/interactions-over-http.ts';
import { createSilentLogger } from '../fakes/silent-logger.ts';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const NOW_MS = Date.UTC(2026, 10, 25, 12);
const SECRET = 'shhh';
const key = new SigningKey();

function setUp(changes: Partial<IngressOptions> = {}) {
  const relayed: { body: string; groupId: string; deliveryId: string }[] = [];
  const nowMs = () => NOW_MS;
  const ingress = createIngress({
    discordPublicKey: key.publicKeyHex,
    isInSlack: true,
    secrets: async () => ({ slackSigningSecret: SECRET }),
    settingsStore: createMemorySettingsStore({ nowMs }),
    commandOf: async () => 'a red apple --seed 7',
    isPrivatePerson: async () => false,
    relay: async (message) => void relayed.push(message),
    nowMs,
    logger: createSilentLogger(),
    ...changes,
  });
  const discord = (payload: unknown, headers?: Record<string, string>, atMs = NOW_MS) => {
    const body = typeof payload === 'string' ? payload : JSON.stringify(payload);
    return ingress({
      method: 'POST',
      path: '/discord/interactions',
      headers: headers ?? key.headers(body, atMs),
      body: Buffer.from(body),
    });
  };
  const slack = (body: string, { secret = SECRET, atMs = NOW_MS, retry = '' } = {}) => {
    const timestamp = String(Math.floor(atMs / 1_000));
    const digest = createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex');
    return ingress({
      method: 'POST',
      path: '/slack/events',
      headers: {
        'x-slack-request-timestamp': timestamp,
        'x-slack-signature': `v0=${digest}`,
        ...(retry === '' ? {} : { 'x-slack-retry-num': retry }),
      },
      body: Buffer.from(body),
    });
  };
  return { relayed, ingress, discord, slack };
}

const interaction = (type: number, data: unknown) => ({
  id: '11',
  application_id: '22',
  token: 'token',
  type,
  channel_id: '33',
  member: { user: { id: '44', username: 'ada' }, permissions: '0', roles: [] },
  ...(type === 3 ? { message: { id: '55' } } : {}),
  data,
});
const IMAGINE = interaction(2, {
  type: 1,
  name: 'imagine',
  options: [{ name: 'prompt', value: 'x' }],
});
const press = (customId: string) => interaction(3, { custom_id: customId });
const JOB = 'ab'.repeat(16);
const COMMAND = new URLSearchParams({
  command: '/imagine',
  text: 'a red apple',
  user_id: 'U1',
  team_id: 'T1',
  channel_id: 'C1',
  response_url: 'https://hooks.example.com/1',
  trigger_id: '1.2',
}).toString();

describe('what gets in', () => {
  test('a ping is answered and goes no further', async () => {
    const { discord, relayed } = setUp();
    expect(await discord({ type: 1 })).toEqual({ status: 200, json: { type: 1 } });
    expect(relayed).toEqual([]);
  });

  test('a command is acknowledged and handed on, in the group of its job', async () => {
    const { discord, slack, relayed } = setUp();
    expect(await discord(IMAGINE)).toMatchObject({ status: 200, json: { type: 5 } });
    expect(await slack(COMMAND)).toEqual({ status: 200 });
    expect(relayed.map(({ groupId }) => groupId)).toEqual([
      toJobId('discord', '11'),
      toJobId('slack', '1.2'),
    ]);
  });

  test('what SQS refuses in a message is escaped, and is the same when it is read again', async () => {
    const { discord, relayed } = setUp();
    const shown = 'an emoji 🔌, a no-character \uFFFF, a 象';
    await discord({ ...press(`cancel:${JOB}:0`), message: { id: '55', content: shown } });
    const body = relayed[0]?.body ?? '';
    expect(body).not.toMatch(/[\uD800-\uDFFF\uFFFE\uFFFF]/);
    expect(parseDeliveryMessage(body)?.payload).toMatchObject({ message: { content: shown } });
  });

  test('a press goes into the group of the job that it is about; edit opens its form at once', async () => {
    const { discord, relayed } = setUp();
    expect(await discord(press(`cancel:${JOB}:0`))).toMatchObject({ json: { type: 6 } });
    expect(relayed[0]?.groupId).toBe(JOB);
    expect(await discord(press(`edit:${JOB}:0`))).toMatchObject({ status: 200, json: { type: 9 } });
    expect(relayed).toHaveLength(1);
  });

  test('a challenge of Slack is answered, and a retry of what was taken is nodded at', async () => {
    const { slack, relayed } = setUp();
    const challenge = JSON.stringify({ type: 'url_verification', challenge: 'abc' });
    expect(await slack(challenge)).toEqual({ status: 200, json: { challenge: 'abc' } });
    await slack(COMMAND);
    expect(await slack(COMMAND, { retry: '1' })).toEqual({ status: 200 });
    expect(relayed).toHaveLength(1);
  });
});

describe('what does not', () => {
  const old = NOW_MS - 6 * 60_000;
  const body = JSON.stringify(IMAGINE);
  const wrong = key.headers(`${body} `, NOW_MS);
  test.each([
    ['a wrong signature', 401, () => setUp().discord(body, wrong)],
    ['no signature', 401, () => setUp().discord(body, {})],
    ['an old time', 401, () => setUp().discord(body, key.headers(body, old))],
    ['a time to come', 401, () => setUp().discord(body, key.headers(body, NOW_MS + 360_000))],
    ['no JSON', 400, () => setUp().discord('hello')],
    ['an unknown interaction', 400, () => setUp().discord({ type: 77 })],
    ['a body that is too large', 400, () => setUp().discord('x'.repeat(800_000))],
    ['a wrong secret', 401, () => setUp().slack(COMMAND, { secret: 'other' })],
    ['an old request of Slack', 401, () => setUp().slack(COMMAND, { atMs: old })],
    ['nothing that Slack sends', 400, () => setUp().slack('{"broken')],
  ] as const)('%s is refused with %i', async (_, status, send) => {
    expect((await send()).status).toBe(status);
  });

  test('a replay is refused and handed on once', async () => {
    const { discord, slack, relayed } = setUp();
    await discord(IMAGINE);
    expect((await discord(IMAGINE)).status).toBe(400);
    await slack(COMMAND);
    expect((await slack(COMMAND)).status).toBe(400);
    expect(relayed).toHaveLength(2);
  });

  test('what could not be handed on may be sent again', async () => {
    let isDown = true;
    const { discord, slack } = setUp({
      relay: async () => {
        if (isDown) throw new Error('the queue is down');
      },
    });
    const refused = await discord(IMAGINE);
    // Type 4 is a message, flag 64 for the asker alone: Discord would show an error's status as a failure without words.
    expect(refused).toMatchObject({ status: 200, json: { type: 4 } });
    expect(JSON.stringify(refused.json)).toContain('please try again in a moment');
    const told = await slack(COMMAND);
    expect(told).toMatchObject({ status: 200, json: { response_type: 'ephemeral' } });
    expect(JSON.stringify(told.json)).toContain('please try again in a moment');
    isDown = false;
    expect(await discord(IMAGINE)).toMatchObject({ status: 200, json: { type: 5 } });
  });
});

test('its bundle is small and knows none of the heavy libraries', () => {
  const { sizeBytes, inputs } = bundleHandler(
    'bot/ingress.lambda.ts',
    mkdtempSync(join(tmpdir(), 'imagine-ingress-')),
  );
  expect(sizeBytes).toBeLessThan(1_000_000);
  const heavy = inputs.filter((path) =>
    /node_modules\/(discord\.js|@slack|sharp|onnxruntime|@aws-sdk\/client-(s3|ecs|lambda))/.test(
      path,
    ),
  );
  expect(heavy).toEqual([]);
});

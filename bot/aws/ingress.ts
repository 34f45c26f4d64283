/**
 * The door to the bot on AWS. Only what Discord and Slack have signed gets in, each delivery once; it is acknowledged at
 * once and handed on. Nothing is drawn, decided or shown here.
 */
import { parseAction } from '../core/action.ts';
import { toJobId } from '../core/job-id.ts';
import type { Logger, SettingsStore } from '../core/ports.ts';
import {
  NOT_TAKEN,
  toFailureAnswer,
  toFirstAnswer,
  type FirstAnswerOptions,
} from '../platforms/discord/first-answer.ts';
import { parseInteraction, type DiscordInteraction } from '../platforms/discord/parse.ts';
import { isSignedByDiscord, readPublicKey } from '../platforms/discord/verify.ts';
import { parseDelivery, readRequestBody } from '../platforms/slack/parse.ts';
import { findRefusal } from '../platforms/slack/verify.ts';
import type { ChatSecrets } from './chat-secrets.ts';
import { formatDelivery } from './delivery-message.ts';

interface IngressRequest {
  method: string;
  path: string;
  /** Names in lower case. */
  headers: Readonly<Record<string, string | undefined>>;
  body: Uint8Array;
}

interface IngressAnswer {
  status: number;
  json?: unknown;
}

export interface IngressOptions extends FirstAnswerOptions {
  /** Undefined where the bot is not in Discord. */
  discordPublicKey: string | undefined;
  isInSlack: boolean;
  secrets: () => Promise<ChatSecrets>;
  settingsStore: SettingsStore;
  /** Hands on; what has the same group is done in order. */
  relay: (message: { body: string; groupId: string; deliveryId: string }) => Promise<void>;
  nowMs: () => number;
  logger: Logger;
}

export type Ingress = (request: IngressRequest) => Promise<IngressAnswer>;

/** The same as where the bot that stays answers. */
const PATHS = { discord: '/discord/interactions', slack: '/slack/events' } as const;

/** Slack's own rule for its requests; Discord's are held to the same. */
const AGE_MAX_MS = 5 * 60_000;
/** Far more than either platform sends; a message of the queue takes no more. */
const BODY_BYTES_MAX = 700_000;
/** Longer than any signature is taken. */
const REMEMBERED_MS = 60 * 60_000;

/** Never throws. */
export function createIngress(options: IngressOptions): Ingress {
  const publicKey =
    options.discordPublicKey === undefined ? undefined : readPublicKey(options.discordPublicKey);
  return async (request) => {
    try {
      if (request.method !== 'POST') return refuse(400, 'Only POST is answered here.');
      if (request.body.byteLength > BODY_BYTES_MAX) return refuse(400, 'The body is too large.');
      if (request.path === PATHS.discord && publicKey !== undefined) {
        return await answerDiscord(request, publicKey, options);
      }
      if (request.path === PATHS.slack && options.isInSlack) {
        return await answerSlack(request, options);
      }
      return refuse(404, 'There is nothing here.');
    } catch (error) {
      options.logger.error({ err: error }, 'a delivery could not be taken');
      return refuse(500, 'Something went wrong here.');
    }
  };
}

async function answerDiscord(
  { headers, body }: IngressRequest,
  publicKey: ReturnType<typeof readPublicKey>,
  options: IngressOptions,
): Promise<IngressAnswer> {
  const timestamp = headers['x-signature-timestamp'];
  const signature = headers['x-signature-ed25519'];
  if (!isSignedByDiscord({ signature, timestamp, body }, publicKey)) {
    return refuse(401, 'The signature is not from Discord.');
  }
  const nowMs = options.nowMs();
  if (Math.abs(nowMs - Number(timestamp) * 1_000) > AGE_MAX_MS) {
    return refuse(401, 'The request is more than five minutes old.');
  }
  const payload = readRequestBody(Buffer.from(body).toString('utf8'));
  const interaction = parseInteraction(payload, nowMs);
  if (interaction === undefined) return refuse(400, 'This interaction is not known here.');
  try {
    return await takeInteraction(interaction, { payload, nowMs }, options);
  } catch (error) {
    options.logger.error({ err: error }, 'an interaction could not be taken');
    return { status: 200, json: toFailureAnswer(interaction) };
  }
}

async function takeInteraction(
  interaction: DiscordInteraction,
  { payload, nowMs }: { payload: unknown; nowMs: number },
  options: IngressOptions,
): Promise<IngressAnswer> {
  const { response, rest } = await toFirstAnswer(interaction, options);
  if (rest === undefined || interaction.kind === 'ping') return { status: 200, json: response };
  const { id } = interaction.origin;
  const isTaken = await handOn(
    {
      body: formatDelivery({
        platform: 'discord',
        payload,
        receivedAtMs: nowMs,
        isPrivate: rest.isPrivate,
      }),
      groupId: rest.pressedJobId ?? toJobId('discord', id),
      deliveryId: `discord-${id}`,
    },
    options,
  );
  return isTaken ? { status: 200, json: response } : refuse(400, 'This was received already.');
}

async function answerSlack(
  { headers, body }: IngressRequest,
  options: IngressOptions,
): Promise<IngressAnswer> {
  const { slackSigningSecret } = await options.secrets();
  if (slackSigningSecret === undefined) throw new Error('The secret has no slackSigningSecret.');
  const nowMs = options.nowMs();
  const text = Buffer.from(body).toString('utf8');
  const signed = {
    signature: headers['x-slack-signature'],
    timestamp: headers['x-slack-request-timestamp'],
    body: text,
  };
  const refusal = findRefusal(signed, { signingSecret: slackSigningSecret, nowMs });
  if (refusal !== undefined) return refuse(401, refusal);
  const payload = readRequestBody(text);
  if (typeof payload !== 'object' || payload === null) {
    return refuse(400, 'The body is not what Slack sends.');
  }
  const delivery = parseDelivery(payload, nowMs);
  if (delivery.kind === 'challenge')
    return { status: 200, json: { challenge: delivery.challenge } };
  if (delivery.kind === 'ignored') return { status: 200 };
  const pressed = delivery.kind === 'press' ? parseAction(delivery.actionId)?.jobId : undefined;
  const message = {
    body: formatDelivery({ platform: 'slack', payload, receivedAtMs: nowMs, isPrivate: false }),
    groupId: pressed ?? toJobId('slack', delivery.deliveryId),
    deliveryId: `slack-${toJobId('slack', delivery.deliveryId)}`,
  };
  const isTaken = await handOn(message, options).catch((error: unknown) => {
    // Slack sends events again, but a command only once, and its person is told nothing of an error's status.
    if (delivery.kind !== 'command') throw error;
    options.logger.error({ err: error }, 'a command could not be taken');
    return undefined;
  });
  if (isTaken === undefined) {
    return { status: 200, json: { response_type: 'ephemeral', text: NOT_TAKEN } };
  }
  // Slack says when it tries again: what was taken the first time needs no more than a nod.
  const isRetry = headers['x-slack-retry-num'] !== undefined;
  return isTaken || isRetry ? { status: 200 } : refuse(400, 'This was received already.');
}

/** False for a delivery that came before. */
async function handOn(
  message: Parameters<IngressOptions['relay']>[0],
  { settingsStore, relay, nowMs }: IngressOptions,
): Promise<boolean> {
  const key = `delivery:${message.deliveryId}`;
  const expiresAtMs = nowMs() + REMEMBERED_MS;
  if (!(await settingsStore.put(key, true, { expectedVersion: 0, expiresAtMs }))) return false;
  try {
    await relay(message);
    return true;
  } catch (error) {
    // So that the platform, or the person, may try again.
    await settingsStore.delete(key);
    throw error;
  }
}

const refuse = (status: number, error: string): IngressAnswer => ({ status, json: { error } });

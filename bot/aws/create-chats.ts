/** Discord and Slack for a bot that others answer for: only calls go out, nothing listens. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ChatPlatform, Clock, Logger } from '../core/ports.ts';
import type { ImagineService } from '../core/service.ts';
import { createPictureEncoder } from '../encode-pictures.ts';
import { createDiscordPlatform } from '../platforms/discord/adapter.ts';
import { awaitWebhook } from '../platforms/discord/await-webhook.ts';
import { createDiscordRest } from '../platforms/discord/rest.ts';
import { createSlackPlatform } from '../platforms/slack/adapter.ts';
import type { ChatSecrets } from './chat-secrets.ts';
import type { Delivery } from './delivery-message.ts';
import type { CloudEnvironment } from './environment.ts';

export interface CloudChat {
  platform: ChatPlatform;
  attach(service: ImagineService): Promise<void>;
  finish(delivery: Delivery): Promise<void>;
}

export interface CloudChatParts {
  environment: CloudEnvironment;
  secrets: ChatSecrets;
  clock: Clock;
  logger: Logger;
}

/** Throws an Error with a sentence when a token that is needed is missing. */
export function createCloudChats(parts: CloudChatParts): CloudChat[] {
  const { DISCORD_APPLICATION_ID: applicationId, SLACK_ENABLED: slack } = parts.environment;
  return [
    ...(applicationId === undefined ? [] : [createDiscord(applicationId, parts)]),
    ...(slack === undefined ? [] : [createSlack(parts)]),
  ];
}

function createDiscord(
  applicationId: string,
  { environment, secrets, clock, logger }: CloudChatParts,
): CloudChat {
  const apiUrl = environment.DISCORD_API_URL;
  const token = needed(secrets.discordToken, 'discordToken');
  const discord = createDiscordPlatform({
    // The ingress answers first, on its own way to Discord.
    api: awaitWebhook(createDiscordRest({ token, apiUrl }), sleep),
    apiUrl,
    encoder: createPictureEncoder(),
    clock,
    logger,
  });
  return {
    platform: discord.platform,
    async attach(service) {
      discord.attach(service, applicationId);
    },
    finish: ({ payload, isPrivate, receivedAtMs }) =>
      discord.finish(payload, isPrivate, receivedAtMs),
  };
}

function createSlack({ environment, secrets, clock, logger }: CloudChatParts): CloudChat {
  const slack = createSlackPlatform({
    botToken: needed(secrets.slackBotToken, 'slackBotToken'),
    entrance: {
      kind: 'http',
      signingSecret: needed(secrets.slackSigningSecret, 'slackSigningSecret'),
    },
    apiUrl: environment.SLACK_API_URL,
    time: {
      nowMs: () => clock.nowMs(),
      sleep: (durationMs, signal) =>
        sleep(durationMs, undefined, signal === undefined ? {} : { signal }).catch(() => {}),
    },
    encoder: createPictureEncoder(),
    logger,
  });
  return {
    platform: slack.platform,
    attach: (service) => slack.attach(service),
    finish: ({ payload, receivedAtMs }) => slack.finish(payload, receivedAtMs),
  };
}

function needed(value: string | undefined, name: string): string {
  if (value !== undefined) return value;
  throw new Error(`The chats' secret has no ${name}; docs/aws.md shows how to write it.`);
}

/** Puts the parts of Slack together: Socket Mode, or signed requests to the bot's own server. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Chat, ChatParts } from './chat.ts';
import type { BotConfig } from './config.ts';
import { createPictureEncoder } from './encode-pictures.ts';
import { createSlackPlatform, type SlackEntrance } from './platforms/slack/adapter.ts';
import { EVENTS_PATH } from './platforms/slack/signed-receiver.ts';

/** Throws an Error with a sentence when it is not said how commands come in. */
export function createSlackChat({ config, clock, logger }: ChatParts, botToken: string): Chat {
  const slack = createSlackPlatform({
    botToken,
    entrance: toEntrance(config),
    apiUrl: config.SLACK_API_URL,
    time: {
      nowMs: () => clock.nowMs(),
      sleep: (durationMs, signal) =>
        sleep(durationMs, undefined, signal === undefined ? {} : { signal }).catch(() => {}),
    },
    encoder: createPictureEncoder(),
    logger,
  });
  const { answer } = slack;
  return {
    platform: slack.platform,
    routes: answer === undefined ? [] : [{ method: 'POST', path: EVENTS_PATH, answer }],
    start: (service) => slack.start(service),
    stop: () => slack.stop(),
  };
}

/** Socket Mode where its token is set: it needs no public address. */
function toEntrance(config: BotConfig): SlackEntrance {
  const { SLACK_APP_TOKEN: appToken, SLACK_SIGNING_SECRET: signingSecret } = config;
  if (appToken !== undefined) return { kind: 'socket', appToken };
  if (signingSecret !== undefined) return { kind: 'http', signingSecret };
  throw new Error(
    'SLACK_BOT_TOKEN is set but neither SLACK_APP_TOKEN (Socket Mode) nor SLACK_SIGNING_SECRET (HTTP) is; docs/slack.md shows where to find one.',
  );
}

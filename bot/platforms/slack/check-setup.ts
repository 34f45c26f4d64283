/** Looks at everything of a Slack app that can be set up wrongly. Each finding is one sentence. */
import * as z from 'zod';
import { BOT_SCOPES } from './manifest.ts';
import type { CallResult, SendCall } from './web-api.ts';

export interface Finding {
  isGood: boolean;
  text: string;
}

export interface SetupParts {
  /** With the bot's token. */
  sendAsBot: SendCall;
  /** With the app-level token, where there is one. */
  sendAsApp: SendCall | undefined;
  hasSigningSecret: boolean;
}

const identitySchema = z.looseObject({
  user: z.string(),
  team: z.string(),
  response_metadata: z.looseObject({ scopes: z.array(z.string()).default([]) }),
});

export async function checkSetup(parts: SetupParts): Promise<Finding[]> {
  const identity = await parts.sendAsBot('auth.test', {});
  return [...checkBot(identity), await checkEntrance(parts)];
}

function checkBot(result: CallResult): Finding[] {
  if (result.kind !== 'ok') {
    return [
      bad(
        `SLACK_BOT_TOKEN is not accepted (${toReason(result)}); copy the Bot User OAuth Token from "OAuth & Permissions", it begins with xoxb-.`,
      ),
    ];
  }
  const { user, team, response_metadata: metadata } = identitySchema.parse(result.body);
  const missing = Object.entries(BOT_SCOPES).filter(([scope]) => !metadata.scopes.includes(scope));
  return [
    good(`The bot is @${user} in ${team}.`),
    missing.length === 0
      ? good('It has every scope it needs.')
      : bad(
          `It lacks ${missing.map(([scope, reason]) => `${scope} (${reason})`).join(', ')}; paste the manifest again under "App Manifest", then reinstall the app.`,
        ),
  ];
}

async function checkEntrance({ sendAsApp, hasSigningSecret }: SetupParts): Promise<Finding> {
  if (sendAsApp === undefined) {
    return hasSigningSecret
      ? good(
          'Commands come in as signed requests; Slack checks the address itself when you save it.',
        )
      : bad(
          'Neither SLACK_APP_TOKEN (Socket Mode) nor SLACK_SIGNING_SECRET (HTTP) is set; make an app-level token with connections:write under "Basic Information".',
        );
  }
  const result = await sendAsApp('apps.connections.open', {});
  if (result.kind === 'ok') return good('Socket Mode is on and the app-level token opens it.');
  return bad(
    `SLACK_APP_TOKEN opens no connection (${toReason(result)}); it must begin with xapp- and have connections:write, and Socket Mode must be on.`,
  );
}

function toReason(result: Exclude<CallResult, { kind: 'ok' }>): string {
  switch (result.kind) {
    case 'refused':
      return result.code;
    case 'rate-limited':
      return 'Slack asks to wait';
    case 'broken':
      return 'Slack cannot be reached';
  }
}

const good = (text: string): Finding => ({ isGood: true, text });
const bad = (text: string): Finding => ({ isGood: false, text });

/** Looks at everything of a Discord application that can be set up wrongly. Each finding is one sentence. */
import { ApplicationFlags, PermissionFlagsBits } from 'discord-api-types/v10';
import * as z from 'zod';
import { DiscordError, type DiscordApi } from './api.ts';
import { NEEDED_PERMISSIONS } from './invite.ts';
import { areRegistered } from './register-commands.ts';

export interface Finding {
  isGood: boolean;
  text: string;
}

export interface SetupCheck {
  findings: Finding[];
  /** Undefined when the token is not good for anything. */
  applicationId: string | undefined;
}

const applicationSchema = z.looseObject({
  id: z.string(),
  name: z.string(),
  flags: z.number().default(0),
  verify_key: z.string(),
  interactions_endpoint_url: z.string().nullish(),
  integration_types_config: z.record(z.string(), z.unknown()).nullish(),
});
type Application = z.infer<typeof applicationSchema>;
const guildsSchema = z.array(
  z.looseObject({ id: z.string(), name: z.string(), permissions: z.string() }),
);
const gatewaySchema = z.looseObject({
  session_start_limit: z.looseObject({ total: z.number(), remaining: z.number() }),
});

/** Privileged intents, each switched on in full or for few servers. */
const PRIVILEGED =
  ApplicationFlags.GatewayPresence |
  ApplicationFlags.GatewayPresenceLimited |
  ApplicationFlags.GatewayGuildMembers |
  ApplicationFlags.GatewayGuildMembersLimited |
  ApplicationFlags.GatewayMessageContent |
  ApplicationFlags.GatewayMessageContentLimited;

export interface CheckOptions {
  /** DISCORD_PUBLIC_KEY: set for HTTP interactions. */
  publicKey: string | undefined;
}

/** Throws what keeps Discord from being asked at all. */
export async function checkDiscord(api: DiscordApi, options: CheckOptions): Promise<SetupCheck> {
  const get = (path: `/${string}`) => api.request({ method: 'GET', path, isBot: true });
  let application: Application;
  try {
    application = applicationSchema.parse(await get('/applications/@me'));
  } catch (error) {
    if (!(error instanceof DiscordError) || error.status !== 401) throw error;
    const text =
      'DISCORD_TOKEN is not valid; press "Reset Token" on the "Bot" page of your application and copy the new one.';
    return { findings: [{ isGood: false, text }], applicationId: undefined };
  }
  const { id } = application;
  const guilds = guildsSchema.parse(await get('/users/@me/guilds'));
  const findings = [
    good(`The token belongs to ${application.name} (${id}).`),
    ...checkTransport(application, options),
    checkIntents(application),
    checkInstallation(application),
    ...guilds.map((guild) => checkGuild(guild)),
    ...(guilds.length === 0 ? [good('The bot is in no server yet; open the link below.')] : []),
    await checkCommands(api, id),
    checkSessions(gatewaySchema.parse(await get('/gateway/bot'))),
  ];
  return { findings, applicationId: id };
}

const good = (text: string): Finding => ({ isGood: true, text });
const bad = (text: string): Finding => ({ isGood: false, text });

/** HTTP and gateway exclude each other: with an endpoint set, nothing comes through the gateway. */
function checkTransport(
  { verify_key: key, interactions_endpoint_url: endpoint }: Application,
  { publicKey }: CheckOptions,
): Finding[] {
  const hasEndpoint = endpoint !== undefined && endpoint !== null && endpoint !== '';
  if (publicKey === undefined) {
    return hasEndpoint
      ? [
          bad(
            `Discord sends interactions to ${endpoint}; clear "Interactions Endpoint URL", or set DISCORD_PUBLIC_KEY.`,
          ),
        ]
      : [good('Interactions come over the gateway; no public address is needed.')];
  }
  if (publicKey.toLowerCase() !== key.toLowerCase()) {
    return [
      bad('DISCORD_PUBLIC_KEY is of another application; copy it from "General Information".'),
    ];
  }
  return hasEndpoint
    ? [good(`Interactions come as signed requests to ${endpoint}.`)]
    : [
        bad(
          'DISCORD_PUBLIC_KEY is set and "Interactions Endpoint URL" is empty; enter the address of this bot with /discord/interactions, or leave the key out.',
        ),
      ];
}

function checkIntents({ flags }: Application): Finding {
  return (flags & PRIVILEGED) === 0
    ? good('No privileged intent is switched on, and none is needed.')
    : good('Privileged intents are switched on; this bot needs none, so they may be switched off.');
}

function checkInstallation({ integration_types_config: config }: Application): Finding {
  const kinds = Object.keys(config ?? {});
  if (kinds.includes('0') && kinds.includes('1')) {
    return good('The app can be added to servers and to accounts.');
  }
  return bad('Switch on "User Install" and "Guild Install" on the "Installation" page.');
}

function checkGuild({ name, permissions }: z.infer<typeof guildsSchema>[number]): Finding {
  const granted = BigInt(permissions);
  if ((granted & PermissionFlagsBits.Administrator) !== 0n)
    return good(`${name}: everything is allowed.`);
  const missing = Object.entries(NEEDED_PERMISSIONS)
    .filter(([, bit]) => (granted & bit) === 0n)
    .map(([permission]) => permission);
  return missing.length === 0
    ? good(`${name}: all permissions are there.`)
    : bad(
        `${name}: the bot lacks ${missing.join(', ')}; give them to its role, or open the link below again.`,
      );
}

async function checkCommands(api: DiscordApi, applicationId: string): Promise<Finding> {
  return (await areRegistered(api, applicationId))
    ? good('The commands are registered.')
    : good('The commands are not registered yet, or have changed; npm start does it by itself.');
}

function checkSessions({ session_start_limit: limit }: z.infer<typeof gatewaySchema>): Finding {
  const { remaining, total } = limit;
  return remaining > 0
    ? good(`The gateway may be joined ${remaining} of ${total} times today.`)
    : bad(
        'The gateway may not be joined any more today; wait, and look for a bot that starts again and again.',
      );
}

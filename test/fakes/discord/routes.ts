/** The table of REST routes that the bot may use. */
import { ApiError } from './api-error.ts';
import type { BotRoutes } from './bot-routes.ts';
import type { InteractionRoutes } from './interaction-routes.ts';
import type { MessageBody } from './message-rules.ts';
import type { MessageBoard } from './message-board.ts';
import type { BucketName } from './rate-limiter.ts';
import type { Json, World } from './world.ts';

export interface RouteParts {
  world: World;
  board: MessageBoard;
  bot: BotRoutes;
  interactions: InteractionRoutes;
  /** Flags of the application object: which privileged intents are switched on. */
  applicationFlags: number;
  publicKey: string;
  describeGateway: () => Json;
}

interface RouteCall {
  values: string[];
  body: MessageBody;
  query: URLSearchParams;
}

export interface Route {
  method: string;
  pattern: string;
  isForBot: boolean;
  /** None: the route has no limit, as the first response to an interaction. */
  bucket: BucketName | undefined;
  /** Undefined becomes 204. Throws ApiError. */
  run: (call: RouteCall, parts: RouteParts) => Json;
}

type Run = Route['run'];
const bot = (method: string, pattern: string, bucket: BucketName, run: Run): Route => ({
  method,
  pattern,
  bucket,
  isForBot: true,
  run,
});
const webhook = (method: string, pattern: string, run: Run): Route => ({
  method,
  pattern,
  bucket: 'webhook',
  isForBot: false,
  run,
});

const ROUTES: readonly Route[] = [
  {
    method: 'POST',
    pattern: '/interactions/:id/:token/callback',
    isForBot: false,
    bucket: undefined,
    run: ({ values: [id = '', token], body, query }, { world, interactions }) => {
      const interaction = world.interactions.get(id);
      if (interaction === undefined || interaction.token !== token) {
        throw new ApiError('unknownInteraction');
      }
      interactions.respond(interaction, body);
      return query.get('with_response') === 'true' ? interactions.describe(interaction) : undefined;
    },
  },
  webhook('POST', '/webhooks/:app/:token', ({ values: [, token = ''], body }, parts) => {
    const interaction = parts.interactions.open(token);
    return parts.board.toApi(parts.interactions.followUp(interaction, body));
  }),
  webhook('GET', '/webhooks/:app/:token/messages/:message', ({ values }, parts) =>
    parts.board.toApi(messageOf(values, parts)),
  ),
  webhook('PATCH', '/webhooks/:app/:token/messages/:message', ({ values, body }, parts) => {
    const message = messageOf(values, parts);
    parts.board.checkEdit(body);
    parts.board.edit(message, body);
    return parts.board.toApi(message);
  }),
  webhook('DELETE', '/webhooks/:app/:token/messages/:message', ({ values }, parts) => {
    messageOf(values, parts).isDeleted = true;
  }),
  bot('POST', '/channels/:channel/messages', 'channel', ({ values: [channel = ''], body }, parts) =>
    parts.bot.createMessage(channel, body),
  ),
  bot(
    'GET',
    '/channels/:channel/messages/:message',
    'channel',
    ({ values: [channel = '', message = ''] }, parts) => parts.bot.getMessage(channel, message),
  ),
  bot(
    'PATCH',
    '/channels/:channel/messages/:message',
    'channel',
    ({ values: [channel = '', message = ''], body }, parts) =>
      parts.bot.editMessage(channel, message, body),
  ),
  bot(
    'DELETE',
    '/channels/:channel/messages/:message',
    'channel',
    ({ values: [channel = '', message = ''] }, parts) => parts.bot.deleteMessage(channel, message),
  ),
  bot('POST', '/users/@me/channels', 'other', ({ body }, parts) =>
    parts.bot.openDirectChannel(String(body.json.recipient_id)),
  ),
  bot('GET', '/users/@me', 'other', (_call, { world }) => ({
    id: world.application.id,
    username: world.application.name,
    discriminator: '0',
    bot: true,
  })),
  bot('GET', '/users/@me/guilds', 'other', (_call, { world }) =>
    [...world.guilds.values()]
      .filter(({ hasBot }) => hasBot)
      .map(({ id, permissions }) => ({ id, name: `Server ${id}`, permissions })),
  ),
  bot('GET', '/applications/@me', 'other', (_call, parts) => ({
    id: parts.world.application.id,
    name: parts.world.application.name,
    flags: parts.applicationFlags,
    verify_key: parts.publicKey,
    bot_public: true,
    integration_types_config: { '0': {}, '1': {} },
  })),
  bot('GET', '/applications/:app/commands', 'other', (_call, { world }) => world.commands),
  bot('PUT', '/applications/:app/commands', 'other', ({ body }, parts) =>
    parts.bot.replaceCommands(body.json),
  ),
  bot('GET', '/gateway/bot', 'other', (_call, parts) => parts.describeGateway()),
];

function messageOf([, token = '', messageId = '']: readonly string[], parts: RouteParts) {
  return parts.interactions.messageOf(parts.interactions.open(token), messageId);
}

export function findRoute(
  method: string,
  path: string,
): { route: Route; values: string[] } | undefined {
  const parts = path.split('/');
  for (const route of ROUTES) {
    const wanted = route.pattern.split('/');
    if (route.method !== method || wanted.length !== parts.length) continue;
    const isMatch = wanted.every((part, index) => part.startsWith(':') || part === parts[index]);
    if (!isMatch) continue;
    const values = parts.filter((_, index) => wanted[index]?.startsWith(':') === true);
    return { route, values: values.map((value) => decodeURIComponent(value)) };
  }
  return undefined;
}

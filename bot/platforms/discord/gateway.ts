/** The gateway connection by discord.js: heartbeats, resume and reconnects are its work. */
import { Client, Events, GatewayDispatchEvents, Options } from 'discord.js';
import type { Logger } from '../../core/ports.ts';

export interface GatewayOptions {
  token: string;
  apiUrl: string;
  logger: Logger;
  /** Every interaction as it came. */
  onInteraction: (raw: unknown) => void;
}

export interface GatewayConnection {
  close(): Promise<void>;
}

/** Resolves when Discord has said READY. Throws an Error with a sentence when the token is refused. */
export async function connectGateway(options: GatewayOptions): Promise<GatewayConnection> {
  const { token, apiUrl, logger, onInteraction } = options;
  const client = new Client({
    // Interactions need no intent, and nothing is read that nobody gave to the bot.
    intents: [],
    rest: { api: apiUrl },
    // The bot keeps what it needs itself.
    makeCache: Options.cacheWithLimits({
      MessageManager: 0,
      UserManager: 0,
      GuildMemberManager: 0,
    }),
  });
  client.on(Events.Raw, (packet: { t?: string | null; d?: unknown }) => {
    if (packet.t === GatewayDispatchEvents.InteractionCreate) onInteraction(packet.d);
  });
  client.on(Events.Error, (error) => logger.warn({ err: error }, 'the gateway reports an error'));
  client.on(Events.ShardReconnecting, () => logger.info({}, 'the gateway connects again'));
  client.on(Events.ShardResume, () => logger.info({}, 'the gateway goes on where it stopped'));
  client.on(Events.Invalidated, () => logger.error({}, 'Discord ended the session for good'));
  const ready = new Promise<void>((resolve) => {
    client.once(Events.ClientReady, () => resolve());
  });
  await client.login(token);
  await ready;
  return { close: () => client.destroy() };
}

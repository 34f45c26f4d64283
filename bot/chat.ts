/** A chat that the bot takes part in. The local page always; others join when their tokens are set. */
import type { Hono } from 'hono';
import type { BotConfig } from './config.ts';
import type { ChatPlatform, Clock, Logger } from './core/ports.ts';
import type { ImagineService } from './core/service.ts';
import { createWebPlatform } from './platforms/web/adapter.ts';
import { startWebServer, type WebServer } from './platforms/web/server.ts';

export interface Chat {
  readonly platform: ChatPlatform;
  /** Begins to take commands. Gives back the line that tells the operator so. Throws an Error with a sentence. */
  start(service: ImagineService): Promise<string>;
  /** Takes no more commands; also called for a chat that was never started, or whose start failed. */
  stop(): Promise<void>;
}

export interface ChatParts {
  config: BotConfig;
  clock: Clock;
  logger: Logger;
}

const DEFAULT_PORT = 8_080;

/** Every chat that the configuration asks for, the local page first. */
export function createChats(parts: ChatParts): Chat[] {
  return [createWebChat(parts)];
}

function createWebChat({ config, clock, logger }: ChatParts): Chat {
  const web = createWebPlatform({ clock, logger, allowedHosts: [config.HOST] });
  let server: WebServer | undefined;
  return {
    platform: web.platform,
    async start(service) {
      const app: Hono = web.createApp(service);
      server = await startWebServer({
        app,
        host: config.HOST,
        port: config.PORT ?? DEFAULT_PORT,
        isPortFixed: config.PORT !== undefined,
      });
      return `Open ${server.url} and type /imagine a red apple`;
    },
    async stop() {
      web.close();
      await server?.close();
    },
  };
}

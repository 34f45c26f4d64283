/** A chat that the bot takes part in. The local page always; others join when their tokens are set. */
import { Hono } from 'hono';
import type { BotConfig } from './config.ts';
import type { ChatPlatform, Clock, Logger } from './core/ports.ts';
import type { ImagineService } from './core/service.ts';
import { createWebPlatform } from './platforms/web/adapter.ts';
import { startWebServer, type WebServer } from './platforms/web/server.ts';

export interface Chat {
  readonly platform: ChatPlatform;
  /** Begins to take commands. Gives back the line that tells the operator so. Throws an Error with a sentence. */
  start(service: ImagineService): Promise<string>;
  /** What this chat answers on the bot's own web server; there before the chat is started. */
  readonly routes?: readonly ChatRoute[];
  /** Takes no more commands; also called for a chat that was never started, or whose start failed. */
  stop(): Promise<void>;
}

export interface ChatRoute {
  method: 'GET' | 'POST';
  /** As hono writes it: `/files/:jobId/:index`. */
  path: string;
  answer(request: Request, parameters: Readonly<Record<string, string>>): Promise<Response>;
}

export interface ChatParts {
  config: BotConfig;
  clock: Clock;
  logger: Logger;
}

const DEFAULT_PORT = 8_080;

/** Every chat that the configuration asks for, the local page first. */
export async function createChats(parts: ChatParts): Promise<Chat[]> {
  const others: Chat[] = [];
  // Their libraries take a while to load: only who wants them waits for that.
  if (parts.config.DISCORD_TOKEN !== undefined) {
    const { createDiscordChat } = await import('./discord-chat.ts');
    others.push(createDiscordChat(parts, parts.config.DISCORD_TOKEN));
  }
  const { SLACK_BOT_TOKEN: slackToken } = parts.config;
  if (slackToken !== undefined) {
    const { createSlackChat } = await import('./slack-chat.ts');
    others.push(createSlackChat(parts, slackToken));
  }
  const routes = others.flatMap((chat) => chat.routes ?? []);
  return [createWebChat(parts, routes), ...others];
}

function createWebChat({ config, clock, logger }: ChatParts, routes: readonly ChatRoute[]): Chat {
  const web = createWebPlatform({ clock, logger, allowedHosts: [config.HOST] });
  let server: WebServer | undefined;
  return {
    platform: web.platform,
    async start(service) {
      const app = new Hono();
      // Before the page's own: these are for programs elsewhere, and check by signature who asks.
      for (const route of routes) {
        app.on(route.method, route.path, (context) =>
          route.answer(context.req.raw, context.req.param()),
        );
      }
      app.route('/', web.createApp(service));
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

/** The local chat page as a chat platform: cards go out as events to every open window. */
import { randomUUID } from 'node:crypto';
import type { Hono } from 'hono';
import type { ChatPlatform, Clock, Logger } from '../../core/ports.ts';
import type { ImagineService } from '../../core/service.ts';
import { createEventHub } from './events.ts';
import { WEB_CHANNEL_ID, WEB_LIMITS } from './limits.ts';
import { toWebCard } from './render.ts';
import { createRoutes } from './routes.ts';

export interface WebPlatformOptions {
  clock: Clock;
  logger: Logger;
  /** Host names that the page may be opened under, besides localhost and IP addresses. */
  allowedHosts?: readonly string[];
  heartbeatMs?: number;
}

export interface WebPlatform {
  platform: ChatPlatform;
  /** The routes of the page, speaking with this service: hand it to startWebServer. */
  createApp(service: ImagineService): Hono;
  /** How many windows listen now. */
  windowCount(): number;
  /** Ends all event streams, so that the server can close. */
  close(): void;
}

export function createWebPlatform(options: WebPlatformOptions): WebPlatform {
  const { clock, logger, heartbeatMs } = options;
  const allowedHosts = (options.allowedHosts ?? []).map((host) => host.toLowerCase());
  const hub = createEventHub({
    nowMs: () => clock.nowMs(),
    runId: randomUUID(),
    ...(heartbeatMs === undefined ? {} : { heartbeatMs }),
  });
  const platform: ChatPlatform = {
    name: 'web',
    minimumUpdateIntervalMs: WEB_LIMITS.updateIntervalMs,
    showCard(record, card) {
      if (record.place.channelId === WEB_CHANNEL_ID) hub.publish(toWebCard(record, card));
      return Promise.resolve({});
    },
    removeCard(record) {
      hub.remove(record.id);
      return Promise.resolve();
    },
  };
  return {
    platform,
    createApp: (service) => createRoutes({ service, hub, logger, allowedHosts }),
    windowCount: () => hub.clientCount(),
    close: () => hub.close(),
  };
}

/**
 * Waits for an interaction's webhook to open. Where the first answer is given elsewhere, the work may be done before that
 * answer has reached Discord, and until then Discord knows no webhook of that token.
 */
import { isDiscordError, type DiscordApi } from './api.ts';

/** 3.1 seconds in all: a first answer that comes later than 3 seconds is taken no more. */
const PAUSES_MS = [100, 200, 400, 800, 1_600];

export function awaitWebhook(
  api: DiscordApi,
  sleep: (durationMs: number) => Promise<unknown>,
): DiscordApi {
  return {
    async request(request) {
      for (const pauseMs of PAUSES_MS) {
        try {
          return await api.request(request);
        } catch (error) {
          if (request.isBot || !isDiscordError(error, 'unknownWebhook')) throw error;
        }
        await sleep(pauseMs);
      }
      return api.request(request);
    },
  };
}

/** The REST interface by discord.js, which keeps to the buckets that Discord reports. */
import {
  DiscordAPIError,
  HTTPError,
  RateLimitError,
  REST,
  type RequestMethod,
  type ResponseLike,
} from 'discord.js';
import { DiscordError, type ApiRequest, type DiscordApi } from './api.ts';
import { DISCORD_LIMITS } from './limits.ts';

const API_VERSION = '10';
/** Discord's global limit for a bot. */
const BOT_REQUESTS_PER_SECOND = 50;
/** Interactions and their webhooks are outside the global limit; their buckets are kept all the same. */
const WEBHOOK_REQUESTS_PER_SECOND = 1_000;

export interface RestOptions {
  token: string;
  /** Such as https://discord.com/api, without the version. */
  apiUrl: string;
}

export function createDiscordRest({ token, apiUrl }: RestOptions): DiscordApi {
  const options = {
    version: API_VERSION,
    api: apiUrl,
    timeout: DISCORD_LIMITS.requestTimeoutMs,
    // Not by the library's own undici: it shares one global dispatcher with other versions of itself, such as the one
    // that Slack's client brings, and that one cannot read this one's forms.
    makeRequest: (url: string, init: object) => fetch(url, init) as Promise<ResponseLike>,
  };
  const bot = new REST({ ...options, globalRequestsPerSecond: BOT_REQUESTS_PER_SECOND });
  const webhooks = new REST({ ...options, globalRequestsPerSecond: WEBHOOK_REQUESTS_PER_SECOND });
  return {
    async request(request) {
      // The token anew each time: discord.js drops it for good after a single 401.
      const rest = request.isBot ? bot.setToken(token) : webhooks;
      try {
        return await rest.request(toRequest(request));
      } catch (error) {
        throw toError(error);
      }
    },
  };
}

function toRequest({ method, path, body, files, query, isBot, signal }: ApiRequest) {
  return {
    method: method as RequestMethod,
    fullRoute: path,
    auth: isBot,
    ...(body !== undefined && { body }),
    ...(files !== undefined && {
      files: files.map(({ name, mediaType, bytes }) => ({
        name,
        contentType: mediaType,
        data: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
      })),
    }),
    ...(query !== undefined && { query: new URLSearchParams(query) }),
    ...(signal !== undefined && { signal }),
  };
}

/** Errors of discord.js hold the whole request, tokens included: nothing of that may reach a log. */
function toError(error: unknown): Error {
  if (error instanceof DiscordAPIError) {
    const code = typeof error.code === 'number' ? error.code : 0;
    return new DiscordError(error.status, code, `Discord refused it: ${error.message}`);
  }
  if (error instanceof HTTPError) {
    return new DiscordError(error.status, 0, `Discord answered with ${error.status}`);
  }
  if (error instanceof RateLimitError) return new DiscordError(429, 0, 'Discord asks for a pause');
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const code = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
  const name = error instanceof Error ? error.name : 'Error';
  return new Error(`Discord could not be reached: ${name}${code}`);
}

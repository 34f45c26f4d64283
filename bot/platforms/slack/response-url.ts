/**
 * Answers by a delivery's response_url: for the asker's eyes, even where the bot is no member. Five uses within half an
 * hour, so they are counted. https://docs.slack.dev/interactivity/handling-user-interaction
 */
import type { Place } from '../../core/ports.ts';
import type { PacerTime } from './call-pacer.ts';
import { SLACK_LIMITS } from './limits.ts';
import type { SlackMessage } from './render.ts';

const USES_MAX = 5;
const REMEMBERED_MAX = 5_000;

export interface Responder {
  /** Shows the message to the asker alone; false when the address cannot be used any more. */
  respond(place: Place, message: SlackMessage): Promise<boolean>;
  /** Puts the message in the place of the one whose button was pressed. */
  replaceOriginal(place: Place, message: SlackMessage): Promise<boolean>;
  /** Removes the message whose button was pressed. */
  removeOriginal(place: Place): Promise<boolean>;
}

export interface ResponderOptions {
  time: PacerTime;
  /** Besides Slack's own host, addresses of this one are believed. */
  apiUrl: string;
  fetch: typeof fetch;
}

export function createResponder({ time, apiUrl, fetch }: ResponderOptions): Responder {
  const uses = new Map<string, number>();

  function take(url: string): boolean {
    const used = uses.get(url) ?? 0;
    if (used >= USES_MAX) return false;
    uses.delete(url);
    uses.set(url, used + 1);
    const [oldest] = uses.keys();
    if (uses.size > REMEMBERED_MAX && oldest !== undefined) uses.delete(oldest);
    return true;
  }

  async function send(place: Place, body: Record<string, unknown>): Promise<boolean> {
    const { replyToken: url, replyTokenExpiresAtMs: expiresAtMs = 0 } = place;
    if (url === undefined || time.nowMs() >= expiresAtMs) return false;
    if (!isResponseHost(new URL(url), apiUrl) || !take(url)) return false;
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
        redirect: 'error',
        signal: AbortSignal.timeout(SLACK_LIMITS.callTimeoutMs),
      });
      await response.body?.cancel();
      return response.ok;
    } catch {
      return false;
    }
  }

  return {
    respond: (place, { text, blocks }) =>
      send(place, {
        response_type: 'ephemeral',
        replace_original: false,
        text,
        blocks,
        ...(place.threadId !== undefined && { thread_ts: place.threadId }),
      }),
    replaceOriginal: (place, { text, blocks }) =>
      send(place, { replace_original: true, text, blocks }),
    removeOriginal: (place) => send(place, { delete_original: true }),
  };
}

/** The address came from outside: a forged one must not make this machine ask another. */
function isResponseHost(url: URL, apiUrl: string): boolean {
  if (url.origin === new URL(apiUrl).origin) return true;
  return url.protocol === 'https:' && url.port === '' && url.hostname === 'hooks.slack.com';
}

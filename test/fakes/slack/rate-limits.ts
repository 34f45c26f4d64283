/** Slack's rate tiers: calls a minute per method, and about one message a second per channel. */
import type { VirtualClock } from '../virtual-clock.ts';

/** https://docs.slack.dev/apis/web-api/rate-limits and the method pages; what is not listed is Tier 3. */
const CALLS_PER_MINUTE: Readonly<Record<string, number>> = {
  // Tier 1 is "1+ per minute"; a handful of connections in a row is what Socket Mode clients do.
  'apps.connections.open': 20,
  'auth.test': 300,
  'chat.delete': 50,
  'chat.postEphemeral': 100,
  // Besides the one a second per channel: "several hundred messages per minute" per workspace.
  'chat.postMessage': 300,
  'chat.update': 50,
  'conversations.info': 50,
  'conversations.open': 50,
  'files.completeUploadExternal': 100,
  'files.getUploadURLExternal': 100,
  'files.info': 100,
  'users.info': 100,
  'views.open': 100,
  'views.publish': 100,
  'views.update': 100,
};
const TIER_3 = 50;
const WINDOW_MS = 60_000;
/** Messages a channel takes in a burst before the one a second counts. */
const CHANNEL_BURST = 3;
const CLOCK_TOLERANCE_MS = 250;
const UNDER_WAY_MS = 1_000;

export class RateLimits {
  readonly #clock: VirtualClock;
  readonly #calls = new Map<string, number[]>();
  readonly #channels = new Map<string, { left: number; atMs: number }>();
  /** Method, or method and channel → when it may be called again, and since when the app knows. */
  readonly #blocks = new Map<string, { untilMs: number; toldAtMs: number | undefined }>();

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  /** Seconds to wait, or undefined when the call may pass. `isEager`: it came before an earlier wait was over. */
  check(method: string, channelId?: string): { retryAfterS: number; isEager: boolean } | undefined {
    const nowMs = this.#clock.nowMs();
    const key = channelId === undefined ? method : `${method} ${channelId}`;
    for (const block of [this.#blocks.get(method), this.#blocks.get(key)]) {
      // Clocks of a sender and a server never agree to the last moment.
      if (block === undefined || nowMs >= block.untilMs - CLOCK_TOLERANCE_MS) continue;
      const realMs = performance.now();
      // Calls that were under way when the first was refused could not know.
      const isEager = block.toldAtMs !== undefined && realMs - block.toldAtMs > UNDER_WAY_MS;
      block.toldAtMs ??= realMs;
      return { retryAfterS: toSeconds(block.untilMs - nowMs), isEager };
    }
    const recent = (this.#calls.get(method) ?? []).filter((atMs) => atMs > nowMs - WINDOW_MS);
    this.#calls.set(method, recent);
    if (recent.length >= (CALLS_PER_MINUTE[method] ?? TIER_3)) {
      return this.#block(method, (recent[0] ?? nowMs) + WINDOW_MS - nowMs);
    }
    if (method === 'chat.postMessage' && channelId !== undefined) {
      const waitMs = this.#takeFromChannel(channelId, nowMs);
      if (waitMs > 0) return this.#block(key, waitMs);
    }
    recent.push(nowMs);
    return undefined;
  }

  /** Every call of the method is refused for so long: a storm. */
  refuse(method: string, durationMs: number): void {
    this.#blocks.set(method, { untilMs: this.#clock.nowMs() + durationMs, toldAtMs: undefined });
  }

  #block(key: string, waitMs: number): { retryAfterS: number; isEager: boolean } {
    const retryAfterS = toSeconds(waitMs);
    const untilMs = this.#clock.nowMs() + retryAfterS * 1_000;
    this.#blocks.set(key, { untilMs, toldAtMs: performance.now() });
    return { retryAfterS, isEager: false };
  }

  #takeFromChannel(channelId: string, nowMs: number): number {
    const bucket = this.#channels.get(channelId) ?? { left: CHANNEL_BURST, atMs: nowMs };
    const left = Math.min(CHANNEL_BURST, bucket.left + (nowMs - bucket.atMs) / 1_000);
    if (left < 1) {
      this.#channels.set(channelId, { left, atMs: nowMs });
      return (1 - left) * 1_000;
    }
    this.#channels.set(channelId, { left: left - 1, atMs: nowMs });
    return 0;
  }
}

const toSeconds = (durationMs: number): number => Math.max(1, Math.ceil(durationMs / 1_000));

/** Buckets, the global limit and the ban for invalid requests, on the virtual clock. Source: topics/rate-limits. */
import type { Clock } from '../../../bot/core/ports.ts';
import type { Violations } from './violations.ts';

export interface BucketLimits {
  /** Requests of one window. */
  limit: number;
  windowMs: number;
}

/** Discord publishes no numbers; these are the sizes that bots have measured, and tests may change them at any time. */
const BUCKETS = {
  webhook: { limit: 5, windowMs: 2_000 },
  channel: { limit: 5, windowMs: 5_000 },
  other: { limit: 50, windowMs: 1_000 },
} satisfies Record<string, BucketLimits>;
export type BucketName = keyof typeof BUCKETS;

const GLOBAL_LIMIT = 50;
const GLOBAL_WINDOW_MS = 1_000;
const INVALID_MAX = 10_000;
const INVALID_WINDOW_MS = 10 * 60_000;
/** Requests that cross on the wire are no fault of the bot; going on and on is. */
const REFUSALS_TOLERATED = 3;

interface Window {
  count: number;
  resetAtMs: number;
  refusals: number;
}

export interface Verdict {
  headers: Record<string, string>;
  /** Set: the answer is 429. */
  retryAfterMs?: number;
  isGlobal: boolean;
}

export class RateLimiter {
  readonly buckets: Record<BucketName, BucketLimits> = { ...BUCKETS };
  readonly #clock: Clock;
  readonly #violations: Violations;
  readonly #windows = new Map<string, Window>();
  #global: Window = { count: 0, resetAtMs: 0, refusals: 0 };
  #invalid: Window = { count: 0, resetAtMs: 0, refusals: 0 };

  constructor(clock: Clock, violations: Violations) {
    this.#clock = clock;
    this.#violations = violations;
  }

  /** `major` is the channel or the webhook with its token: each has a bucket of its own. */
  admit(name: BucketName, route: string, major: string): Verdict {
    const nowMs = this.#clock.nowMs();
    // Interactions and their webhooks do not count towards the global limit.
    if (name !== 'webhook') {
      this.#global = roll(this.#global, nowMs, GLOBAL_WINDOW_MS);
      this.#global.count += 1;
      if (this.#global.count > GLOBAL_LIMIT) return this.#refuse(this.#global, nowMs, 'global');
    }
    const { limit, windowMs } = this.buckets[name];
    const key = `${route}:${major}`;
    const window = roll(this.#windows.get(key), nowMs, windowMs);
    this.#windows.set(key, window);
    window.count += 1;
    const verdict =
      window.count > limit
        ? this.#refuse(window, nowMs, key)
        : { headers: {} as Record<string, string>, isGlobal: false };
    Object.assign(verdict.headers, {
      'x-ratelimit-bucket': Buffer.from(route).toString('hex').slice(0, 32),
      'x-ratelimit-limit': String(limit),
      'x-ratelimit-remaining': String(Math.max(0, limit - window.count)),
      'x-ratelimit-reset': (window.resetAtMs / 1_000).toFixed(3),
      'x-ratelimit-reset-after': ((window.resetAtMs - nowMs) / 1_000).toFixed(3),
    });
    return verdict;
  }

  /** Counts answers of 401, 403 and 429; true when the address is banned. */
  isBanned(): boolean {
    this.#invalid = roll(this.#invalid, this.#clock.nowMs(), INVALID_WINDOW_MS);
    return this.#invalid.count >= INVALID_MAX;
  }

  countInvalid(): void {
    this.#invalid = roll(this.#invalid, this.#clock.nowMs(), INVALID_WINDOW_MS);
    this.#invalid.count += 1;
    if (this.#invalid.count === INVALID_MAX) {
      this.#violations.report('invalid-requests', `${INVALID_MAX} within 10 minutes`);
    }
  }

  get invalidRequests(): number {
    return this.#invalid.count;
  }

  /** Forgets idle windows, so that a long test shows the bot's memory and not this one's. */
  sweep(): void {
    const nowMs = this.#clock.nowMs();
    for (const [key, window] of this.#windows) {
      if (window.resetAtMs < nowMs) this.#windows.delete(key);
    }
  }

  #refuse(window: Window, nowMs: number, what: string): Verdict {
    window.refusals += 1;
    if (window.refusals > REFUSALS_TOLERATED) {
      this.#violations.report('rate-limit', `${what} was asked again although it said 429`);
    }
    const retryAfterMs = Math.max(1, window.resetAtMs - nowMs);
    return { headers: {}, retryAfterMs, isGlobal: what === 'global' };
  }
}

function roll(window: Window | undefined, nowMs: number, windowMs: number): Window {
  return window !== undefined && nowMs < window.resetAtMs
    ? window
    : { count: 0, resetAtMs: nowMs + windowMs, refusals: 0 };
}

/** Tries again while the function cannot be reached, ever more slowly, and says so when it went on for too long. */
import { setTimeout as delay } from 'node:timers/promises';
import { GenerationError } from '#contract/generation-error.ts';

export interface Retry {
  /** The function was reached: the next trouble starts a new count. */
  reset(): void;
  /** Waits before the next try, or throws GenerationError `unreachable` when it went on for too long. */
  waitOrThrow(cause: unknown): Promise<void>;
}

export interface RetryOptions {
  giveUpAfterMs: number;
  /** 0 <= value < 1, spreads the tries of many callers. */
  random: () => number;
  /** For the message. */
  currentUrl: () => string;
  /** Ends a wait early. */
  signal?: AbortSignal | undefined;
}

const DELAY_MS = { first: 100, max: 3_000 };

export function createRetry(options: RetryOptions): Retry {
  const { giveUpAfterMs, random, currentUrl, signal } = options;
  let failures = 0;
  let failingSinceMs = 0;
  return {
    reset() {
      failures = 0;
    },
    async waitOrThrow(cause) {
      if (failures === 0) failingSinceMs = performance.now();
      if (performance.now() - failingSinceMs >= giveUpAfterMs) {
        throw toUnreachable(currentUrl(), giveUpAfterMs, cause);
      }
      const fullMs = Math.min(DELAY_MS.max, DELAY_MS.first * 2 ** failures);
      failures += 1;
      const waitMs = fullMs * (0.5 + random() / 2);
      await delay(waitMs, undefined, signal && { signal }).catch(() => undefined);
    },
  };
}

function toUnreachable(url: string, afterMs: number, cause: unknown): GenerationError {
  const reason = toReason(cause);
  return new GenerationError(
    'unreachable',
    `The image function at ${showUrl(url)} could not be reached for ${Math.round(afterMs / 1_000)} seconds (${reason}); check that it runs and that GPU_FUNCTION_URL is right.`,
    { isRetryable: true, cause },
  );
}

/** fetch wraps the system's error, whose code says more: ECONNREFUSED, ENOTFOUND. */
function toReason(cause: unknown): string {
  if (!(cause instanceof Error)) return 'the connection ended';
  if (cause.name === 'TimeoutError') return 'no answer in time';
  const inner: unknown = cause.cause;
  if (typeof inner === 'object' && inner !== null && 'code' in inner) return String(inner.code);
  return 'the connection broke';
}

/** Without user name, password and query, which may hold secrets. */
export function showUrl(url: string): string {
  if (!URL.canParse(url)) return 'its address';
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname.replace(/\/+$/, '')}`;
}

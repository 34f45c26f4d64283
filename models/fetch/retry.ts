/** Asking again after a cut or a busy server: how often, and after what pause. */
import { setTimeout as delay } from 'node:timers/promises';
import { FetchError } from './byte-source.ts';

export interface RetryPolicy {
  /** Failures in a row that end it. */
  attemptsMax: number;
  firstDelayMs: number;
  delayMaxMs: number;
  /** A server that asks for more patience than this is not waited for. */
  retryAfterMaxMs: number;
}

export const RETRY_POLICY: RetryPolicy = {
  attemptsMax: 6,
  firstDelayMs: 500,
  delayMaxMs: 15_000,
  retryAfterMaxMs: 120_000,
};

/**
 * Waits before the next attempt; throws the error itself when there is to be none. `failures` counts those in a row, this
 * one included.
 */
export async function waitBeforeRetry(
  error: unknown,
  failures: number,
  { policy, signal }: { policy: RetryPolicy; signal: AbortSignal },
): Promise<void> {
  signal.throwIfAborted();
  if (!(error instanceof FetchError) || !error.isRetryable) throw error;
  if (failures >= policy.attemptsMax) throw error;
  const { retryAfterMs } = error;
  if (retryAfterMs !== undefined && retryAfterMs > policy.retryAfterMaxMs) throw error;
  const backoffMs = Math.min(policy.delayMaxMs, policy.firstDelayMs * 2 ** (failures - 1));
  await delay(Math.max(backoffMs, retryAfterMs ?? 0), undefined, { signal });
}

/** Runs the action until it succeeds or the policy gives up. */
export async function retry<Result>(
  action: () => Promise<Result>,
  context: { policy: RetryPolicy; signal: AbortSignal },
): Promise<Result> {
  for (let failures = 1; ; failures += 1) {
    try {
      return await action();
    } catch (error) {
      await waitBeforeRetry(error, failures, context);
    }
  }
}

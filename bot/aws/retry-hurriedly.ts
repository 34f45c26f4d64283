/** When the ingress tries a call of AWS again: soon, and for no longer than a chat waits for its first answer. */

/** Throttling and what passes by itself. With the SDK's own pauses three tries may take the 3 seconds that Discord gives. */
const PAUSES_MS = [25, 50, 100, 150, 200, 250];

interface RetryToken {
  getRetryCount(): number;
  getRetryDelay(): number;
}

const toToken = (count: number): RetryToken => ({
  getRetryCount: () => count,
  getRetryDelay: () => PAUSES_MS[count - 1] ?? 0,
});

/** The `retryStrategy` of an SDK client; how often it has tried is all that it knows. */
export const HURRIED_RETRIES = {
  async acquireInitialRetryToken(): Promise<RetryToken> {
    return toToken(0);
  },
  /** Throws when the call is to fail with the error that it has. */
  async refreshRetryTokenForRetry(
    token: RetryToken,
    { errorType }: { errorType: string },
  ): Promise<RetryToken> {
    const count = token.getRetryCount() + 1;
    if (errorType === 'CLIENT_ERROR' || count > PAUSES_MS.length) {
      throw new Error('This call is not tried again.');
    }
    return toToken(count);
  },
  recordSuccess(): void {},
};

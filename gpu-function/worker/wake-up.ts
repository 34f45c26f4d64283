/** Lets any number of waiters sleep until something happened, without leaving anything behind when they give up. */

export interface WaitOptions {
  timeoutMs?: number | undefined;
  signal?: AbortSignal | undefined;
}

export interface WakeUp {
  /** Wakes everybody who waits now. */
  wake(): void;
  /** Resolves at the next wake, after the timeout, or when the signal aborts; it never rejects. */
  wait(options?: WaitOptions): Promise<void>;
}

export function createWakeUp(): WakeUp {
  const waiters = new Set<() => void>();
  return {
    wake() {
      for (const resolve of waiters) resolve();
    },
    wait({ timeoutMs, signal } = {}) {
      if (signal?.aborted === true) return Promise.resolve();
      return new Promise((resolve) => {
        const finish = () => {
          clearTimeout(timer);
          signal?.removeEventListener('abort', finish);
          waiters.delete(finish);
          resolve();
        };
        const timer = timeoutMs === undefined ? undefined : setTimeout(finish, timeoutMs);
        signal?.addEventListener('abort', finish);
        waiters.add(finish);
      });
    },
  };
}

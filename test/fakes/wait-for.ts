/** Waiting for what another process, or a later turn of this one, brings about. */
import { setTimeout as sleep } from 'node:timers/promises';

const PATIENCE_MS = 90_000;

/** Asks again and again until the answer is neither undefined nor false; fails with its name after a minute and a half, which a busy machine may need. */
export async function waitFor<T>(
  what: string,
  read: () => T | false | undefined | Promise<T | false | undefined>,
): Promise<T> {
  const deadlineMs = performance.now() + PATIENCE_MS;
  for (;;) {
    const value = await read();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > deadlineMs) throw new Error(`waited in vain for ${what}`);
    await sleep(3);
  }
}

/** First answers by interaction token: whoever edits an answer waits until it is there. */
import type { Clock } from '../../core/ports.ts';
import { DISCORD_LIMITS } from './limits.ts';

export interface Reply {
  /** False when Discord took no answer: the token is worth nothing. */
  isAnswered: boolean;
  /** The message of the answer, where Discord told it. */
  messageId?: string | undefined;
}

interface Entry {
  reply: Promise<Reply>;
  settle: (reply: Reply) => void;
  openedAtMs: number;
}

export class Replies {
  readonly #entries = new Map<string, Entry>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Before anything is done for the interaction. */
  open(token: string): void {
    this.#forgetOld();
    const { promise, resolve } = Promise.withResolvers<Reply>();
    const openedAtMs = this.#clock.nowMs();
    this.#entries.set(token, { reply: promise, settle: resolve, openedAtMs });
  }

  settle(token: string, reply: Reply): void {
    this.#entries.get(token)?.settle(reply);
  }

  /** A token from before a restart was answered then. */
  wait(token: string): Promise<Reply> {
    return this.#entries.get(token)?.reply ?? Promise.resolve({ isAnswered: true });
  }

  #forgetOld(): void {
    const oldestMs = this.#clock.nowMs() - DISCORD_LIMITS.tokenUseMs;
    for (const [token, { openedAtMs }] of this.#entries) {
      if (openedAtMs > oldestMs) return;
      this.#entries.delete(token);
    }
  }
}

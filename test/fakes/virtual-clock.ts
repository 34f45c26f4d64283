/** A clock that runs as the real one does and can be put forward: tokens expire without anybody waiting for it. */
import type { Clock } from '../../bot/core/ports.ts';

export class VirtualClock implements Clock {
  #aheadMs = 0;

  nowMs(): number {
    return Date.now() + this.#aheadMs;
  }

  advance(durationMs: number): void {
    this.#aheadMs += durationMs;
  }
}

/** A clock that a test may hurry or move: real time, times a rate, plus every jump. Reading and sleeping agree. */
interface Sleeper {
  wakeAtMs: number;
  timer: NodeJS.Timeout | undefined;
  wake: () => void;
}

export class VirtualClock {
  readonly #rate: number;
  readonly #startMs: number;
  readonly #realStartMs = performance.now();
  readonly #sleepers = new Set<Sleeper>();
  #jumpedMs = 0;

  constructor({ rate = 1, startMs = Date.now() }: { rate?: number; startMs?: number } = {}) {
    this.#rate = rate;
    this.#startMs = startMs;
  }

  nowMs(): number {
    const passedMs = (performance.now() - this.#realStartMs) * this.#rate;
    return Math.floor(this.#startMs + passedMs + this.#jumpedMs);
  }

  /** Moves on at once; whoever sleeps up to then wakes up. */
  advance(durationMs: number): void {
    this.#jumpedMs += durationMs;
    for (const sleeper of this.#sleepers) this.#arm(sleeper);
  }

  /** Until this much of the clock's time has passed, or the signal is aborted; never rejects. */
  sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const sleeper: Sleeper = {
        wakeAtMs: this.nowMs() + durationMs,
        timer: undefined,
        wake: () => {
          clearTimeout(sleeper.timer);
          this.#sleepers.delete(sleeper);
          signal?.removeEventListener('abort', sleeper.wake);
          resolve();
        },
      };
      this.#sleepers.add(sleeper);
      signal?.addEventListener('abort', sleeper.wake);
      this.#arm(sleeper);
    });
  }

  #arm(sleeper: Sleeper): void {
    clearTimeout(sleeper.timer);
    const leftMs = Math.max(0, sleeper.wakeAtMs - this.nowMs()) / this.#rate;
    sleeper.timer = setTimeout(() => {
      // A timer may be a hair early by the clock's own count.
      if (this.nowMs() < sleeper.wakeAtMs) this.#arm(sleeper);
      else sleeper.wake();
    }, leftMs);
  }
}

/**
 * What was answered lately, by delivery: platforms deliver a message again when they think that it got lost, and the
 * second answer must be the first. Jobs are found in the store after any restart; this is for all other outcomes and
 * for deliveries that arrive while the first one is still at work.
 */
import type { Clock } from './ports.ts';
import type { Outcome } from './service.ts';

/** Slack tries for the last time after 5 minutes. */
const KEPT_MS = 10 * 60_000;
const ENTRIES_MAX = 5_000;

interface Entry {
  outcome: Promise<Outcome>;
  atMs: number;
}

export class OutcomeMemo {
  readonly #entries = new Map<string, Entry>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The outcome of an equal delivery if there was one lately, otherwise that of the work. */
  once(key: string, work: () => Promise<Outcome>): Promise<Outcome> {
    this.#forgetOld();
    const known = this.#entries.get(key);
    if (known !== undefined) return known.outcome;
    const outcome = work();
    this.#entries.set(key, { outcome, atMs: this.#clock.nowMs() });
    return outcome;
  }

  /** Entries stand in the order of their age. */
  #forgetOld(): void {
    const oldestMs = this.#clock.nowMs() - KEPT_MS;
    for (const [key, { atMs }] of this.#entries) {
      if (atMs > oldestMs && this.#entries.size < ENTRIES_MAX) return;
      this.#entries.delete(key);
    }
  }
}

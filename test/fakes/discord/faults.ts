/** Trouble on order: what happens to the next requests that match. */

export interface Fault {
  /** Whether the request is hit: `PATCH /webhooks/1/token/messages/@original`. */
  matches: (request: string) => boolean;
  /** How many requests are hit. */
  times: number;
  /**
   * `refuse`: 429 with Retry-After. `bad-gateway`: 502. `cut`: the connection ends before anything is done.
   * `cut-after`: what was asked is done, and the connection ends before the answer.
   */
  kind: 'refuse' | 'bad-gateway' | 'cut' | 'cut-after';
  /** Of `refuse`. */
  retryAfterMs?: number;
}

export class Faults {
  readonly #pending: Fault[] = [];
  hits = 0;

  plan(fault: Fault): void {
    this.#pending.push({ ...fault });
  }

  take(request: string): Fault | undefined {
    const fault = this.#pending.find(({ times, matches }) => times > 0 && matches(request));
    if (fault === undefined) return undefined;
    fault.times -= 1;
    this.hits += 1;
    return fault;
  }

  clear(): void {
    this.#pending.length = 0;
  }
}

/** Who may be followed now: as many jobs in all as the bot can carry, and of one person no more than the quota says. */
import pLimit, { type LimitFunction } from 'p-limit';
import type { JobRecord } from './ports.ts';

export class FairTurns {
  readonly #all: LimitFunction;
  readonly #byUser = new Map<string, LimitFunction>();

  /** At most this many at once, of all people together. */
  constructor(most: number) {
    this.#all = pLimit(most);
  }

  /** Does the work when it is the job's turn, in the order of asking for each person. Rejects with the work. */
  async take({ user, place }: JobRecord, ofUser: number, work: () => Promise<void>): Promise<void> {
    const key = `${place.platform}:${user.id}`;
    const own = this.#byUser.get(key) ?? pLimit(ofUser);
    own.concurrency = ofUser;
    this.#byUser.set(key, own);
    try {
      await own(() => this.#all(work));
    } finally {
      if (own.activeCount + own.pendingCount === 0) this.#byUser.delete(key);
    }
  }
}

/** How much each person asked for lately, kept in the store: neither a restart nor a second process forgets it. */
import * as z from 'zod';
import type { Clock, SettingsStore, UserKey } from './ports.ts';
import { QUOTA_WINDOW_MS } from './quota.ts';

const DAY_MS = 24 * 60 * 60_000;
const WRITE_TRIES = 5;

const usageSchema = z.strictObject({
  /** Of the day's jobs. */
  jobs: z.int().min(0),
  /** When the jobs of the last minute were accepted. */
  acceptedAtMs: z.array(z.number()),
});
type StoredUsage = z.infer<typeof usageSchema>;

export interface RecentUsage {
  /** Jobs accepted since midnight UTC. */
  jobsToday: number;
  /** When the jobs of the last minute were accepted. */
  acceptedAtMs: readonly number[];
}

export class UsageBook {
  readonly #settingsStore: SettingsStore;
  readonly #clock: Clock;

  constructor(options: { settingsStore: SettingsStore; clock: Clock }) {
    this.#settingsStore = options.settingsStore;
    this.#clock = options.clock;
  }

  async read(user: UserKey): Promise<RecentUsage> {
    const { jobs, acceptedAtMs } = (await this.#read(this.#toKey(user))).value;
    return { jobsToday: jobs, acceptedAtMs };
  }

  /** Counts jobs that were accepted now. Gives up silently when others write all the time: a count is not worth a job. */
  async note(user: UserKey, jobs: number): Promise<void> {
    const key = this.#toKey(user);
    const nowMs = this.#clock.nowMs();
    for (let trial = 1; trial <= WRITE_TRIES; trial += 1) {
      const { value, version } = await this.#read(key);
      const changed: StoredUsage = {
        jobs: value.jobs + jobs,
        acceptedAtMs: [...value.acceptedAtMs, ...Array.from({ length: jobs }, () => nowMs)],
      };
      const condition = { expectedVersion: version, expiresAtMs: nowMs + DAY_MS };
      if (await this.#settingsStore.put(key, changed, condition)) return;
    }
  }

  /** A key a day: yesterday's count expires by itself. */
  #toKey({ platform, userId }: UserKey): string {
    const day = new Date(this.#clock.nowMs()).toISOString().slice(0, 10);
    return `usage:${platform}:${userId}:${day}`;
  }

  async #read(key: string): Promise<{ value: StoredUsage; version: number }> {
    const stored = await this.#settingsStore.get(key);
    const parsed = usageSchema.safeParse(stored?.value);
    const oldestMs = this.#clock.nowMs() - QUOTA_WINDOW_MS;
    const value = parsed.data ?? { jobs: 0, acceptedAtMs: [] };
    const acceptedAtMs = value.acceptedAtMs.filter((atMs) => atMs > oldestMs);
    return { value: { ...value, acceptedAtMs }, version: stored?.version ?? 0 };
  }
}

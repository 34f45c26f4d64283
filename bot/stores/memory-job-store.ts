/** Jobs in memory: for one command in a terminal, and for tests. Gone with the process. */
import { isTerminal } from '#contract/job-state.ts';
import type { JobId } from '#contract/job.ts';
import type { JobQuery, JobRecord, JobStore } from '../core/ports.ts';
import { toWorkMs } from './job-record-row.ts';

export function createMemoryJobStore(): JobStore {
  return new MemoryJobStore();
}

/** Records are copied on their way in and out: nobody may change what is stored by accident. */
class MemoryJobStore implements JobStore {
  /** In the order of insertion. */
  readonly #records = new Map<JobId, JobRecord>();

  async insert(record: JobRecord): Promise<boolean> {
    if (this.#records.has(record.id)) return false;
    this.#records.set(record.id, structuredClone(record));
    return true;
  }

  async update(record: JobRecord): Promise<void> {
    if (this.#records.has(record.id)) this.#records.set(record.id, structuredClone(record));
  }

  async get(id: JobId): Promise<JobRecord | undefined> {
    return structuredClone(this.#records.get(id));
  }

  async delete(id: JobId): Promise<void> {
    this.#records.delete(id);
  }

  async listOpen(): Promise<JobRecord[]> {
    const open = this.#all().filter(
      ({ state, answeredAtMs }) => !isTerminal(state) || answeredAtMs === undefined,
    );
    return open.sort((a, b) => a.createdAtMs - b.createdAtMs);
  }

  async list({ platform, channelId, createdBeforeMs, limit }: JobQuery): Promise<JobRecord[]> {
    const beforeMs = createdBeforeMs ?? Number.POSITIVE_INFINITY;
    return this.#all()
      .filter(({ place }) => place.platform === platform && place.channelId === channelId)
      .filter(({ createdAtMs }) => createdAtMs < beforeMs)
      .toReversed()
      .sort((a, b) => b.createdAtMs - a.createdAtMs)
      .slice(0, limit);
  }

  async countOpenByUser(userId: string): Promise<number> {
    return this.#all().filter(({ user, state }) => user.id === userId && !isTerminal(state)).length;
  }

  async recentDurationsMs(limit: number): Promise<number[]> {
    return this.#all()
      .toReversed()
      .sort((a, b) => b.updatedAtMs - a.updatedAtMs)
      .flatMap((record) => toWorkMs(record) ?? [])
      .slice(0, limit);
  }

  async close(): Promise<void> {
    this.#records.clear();
  }

  #all(): JobRecord[] {
    return structuredClone([...this.#records.values()]);
  }
}

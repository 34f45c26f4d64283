/** Jobs in memory: for one command in a terminal, and for tests. Gone with the process. */
import { isTerminal } from '#contract/job-state.ts';
import type { JobId } from '#contract/job.ts';
import type {
  JobPage,
  JobQuery,
  JobRecord,
  JobStore,
  UserJobQuery,
  UserKey,
} from '../core/ports.ts';
import { formatCursor, parseCursor } from './job-cursor.ts';
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

  async listByUser(query: UserJobQuery): Promise<JobPage> {
    const from = query.cursor === undefined ? undefined : parseCursor(query.cursor);
    const isAfter = ({ createdAtMs, id }: JobRecord): boolean =>
      from === undefined ||
      createdAtMs < from.createdAtMs ||
      (createdAtMs === from.createdAtMs && id < from.id);
    const records = this.#all()
      .filter((record) => isOf(record, query) && isAfter(record))
      .filter(({ state }) => !query.isSucceeded || state.status === 'succeeded')
      .sort((a, b) => b.createdAtMs - a.createdAtMs || (a.id < b.id ? 1 : -1));
    const page = records.slice(0, query.limit);
    const last = page.at(-1);
    const hasMore = records.length > page.length && last !== undefined;
    return { records: page, nextCursor: hasMore ? formatCursor(last) : undefined };
  }

  async countOpenByUser(user: UserKey): Promise<number> {
    return this.#all().filter((record) => isOf(record, user) && !isTerminal(record.state)).length;
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

const isOf = ({ place, user }: JobRecord, { platform, userId }: UserKey): boolean =>
  place.platform === platform && user.id === userId;

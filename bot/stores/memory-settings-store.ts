/** Settings in memory: for one command in a terminal, and for tests. Gone with the process. */
import type { Clock, SettingsStore, StoredSetting } from '../core/ports.ts';

interface Entry extends StoredSetting {
  expiresAtMs: number | undefined;
}

/** Values are copied as JSON on their way in and out, as any other store would. */
export function createMemorySettingsStore(clock: Clock): SettingsStore {
  const entries = new Map<string, Entry>();
  const find = (key: string): Entry | undefined => {
    const entry = entries.get(key);
    const isExpired = (entry?.expiresAtMs ?? Number.POSITIVE_INFINITY) < clock.nowMs();
    return isExpired ? undefined : entry;
  };
  return {
    async get(key) {
      const entry = find(key);
      return entry && { value: structuredClone(entry.value), version: entry.version };
    },
    async put(key, value, { expectedVersion, expiresAtMs }) {
      const version = find(key)?.version ?? 0;
      if (version !== expectedVersion) return false;
      const copy: unknown = JSON.parse(JSON.stringify(value));
      entries.set(key, { value: copy, version: version + 1, expiresAtMs });
      return true;
    },
    async delete(key) {
      entries.delete(key);
    },
  };
}

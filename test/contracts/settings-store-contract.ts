/** What every SettingsStore must do. Each implementation runs this suite. */
import { beforeEach, describe, expect, test } from 'vitest';
import type { Clock, SettingsStore } from '../../bot/core/ports.ts';

export function describeSettingsStore(
  name: string,
  open: (clock: Clock) => Promise<SettingsStore>,
): void {
  describe(`settings store: ${name}`, () => {
    let store: SettingsStore;
    let nowMs = 1_000;
    beforeEach(async () => {
      nowMs = 1_000;
      store = await open({ nowMs: () => nowMs });
    });

    test('a document comes back as it went in, with the number of its writes', async () => {
      const value = { style: 'ink', list: [1, 'two', { three: null }] };
      expect(await store.get('user:web:ada')).toBeUndefined();
      expect(await store.put('user:web:ada', value, { expectedVersion: 0 })).toBe(true);
      expect(await store.get('user:web:ada')).toEqual({ value, version: 1 });
      expect(await store.get('user:web:bob')).toBeUndefined();
    });

    test('a write that does not know the newest version changes nothing', async () => {
      await store.put('key', 'first', { expectedVersion: 0 });
      expect(await store.put('key', 'second', { expectedVersion: 0 })).toBe(false);
      expect(await store.put('key', 'second', { expectedVersion: 2 })).toBe(false);
      expect(await store.get('key')).toEqual({ value: 'first', version: 1 });
      expect(await store.put('key', 'second', { expectedVersion: 1 })).toBe(true);
      expect(await store.get('key')).toEqual({ value: 'second', version: 2 });
    });

    test('of two writers at once exactly one wins', async () => {
      const writes = ['a', 'b', 'c'].map((value) =>
        store.put('key', value, { expectedVersion: 0 }),
      );
      expect((await Promise.all(writes)).filter(Boolean)).toHaveLength(1);
    });

    test('what has expired is not there, and can be written anew', async () => {
      await store.put('key', 'old', { expectedVersion: 0, expiresAtMs: 2_000 });
      expect((await store.get('key'))?.value).toBe('old');
      nowMs = 2_001;
      expect(await store.get('key')).toBeUndefined();
      expect(await store.put('key', 'late', { expectedVersion: 1 })).toBe(false);
      expect(await store.put('key', 'new', { expectedVersion: 0 })).toBe(true);
      expect((await store.get('key'))?.value).toBe('new');
    });

    test('a document can be removed, twice', async () => {
      await store.put('key', 'value', { expectedVersion: 0 });
      await store.delete('key');
      await store.delete('key');
      expect(await store.get('key')).toBeUndefined();
    });
  });
}

/** What every ImageStore must do. Each implementation runs this suite. */
import { beforeEach, describe, expect, test } from 'vitest';
import type { ImageStore } from '../../bot/core/ports.ts';

export function describeImageStore(name: string, open: () => Promise<ImageStore>): void {
  describe(`image store: ${name}`, () => {
    let store: ImageStore;
    beforeEach(async () => {
      store = await open();
    });

    test('a picture comes back byte for byte', async () => {
      await store.put('job', 0, Uint8Array.of(1, 2, 3));
      await store.put('job', 1, Uint8Array.of(4));
      expect([...((await store.get('job', 0)) ?? [])]).toEqual([1, 2, 3]);
      expect([...((await store.get('job', 1)) ?? [])]).toEqual([4]);
    });

    test('what was never put is not there', async () => {
      await store.put('job', 0, Uint8Array.of(1));
      expect(await store.get('job', 1)).toBeUndefined();
      expect(await store.get('other', 0)).toBeUndefined();
    });

    test('putting again replaces', async () => {
      await store.put('job', 0, Uint8Array.of(1, 2, 3));
      await store.put('job', 0, Uint8Array.of(9));
      expect([...((await store.get('job', 0)) ?? [])]).toEqual([9]);
    });

    test("deleting removes all of a job's pictures, and nothing else", async () => {
      await store.put('job', 0, Uint8Array.of(1));
      await store.put('job', 3, Uint8Array.of(1));
      await store.put('other', 0, Uint8Array.of(2));
      await store.delete('job');
      await store.delete('job');
      expect(await store.get('job', 0)).toBeUndefined();
      expect(await store.get('job', 3)).toBeUndefined();
      expect([...((await store.get('other', 0)) ?? [])]).toEqual([2]);
    });

    test('a picture does not change with the bytes it was put from', async () => {
      const bytes = Uint8Array.of(1, 2, 3);
      await store.put('job', 0, bytes);
      bytes.fill(0);
      const copy = await store.get('job', 0);
      copy?.fill(0);
      expect([...((await store.get('job', 0)) ?? [])]).toEqual([1, 2, 3]);
    });
  });
}

/** What every JobStore must do. Each implementation runs this suite. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { JobRecord, JobStore } from '../../bot/core/ports.ts';
import { makeRecord, makeRequest, makeSucceeded } from '../fakes/job-records.ts';

const FULL_RECORD: JobRecord = makeRecord({
  id: 'full',
  request: makeRequest({
    negativePrompt: 'text, "quotes"',
    size: { kind: 'aspect', width: 3, height: 2 },
    steps: 20,
    variations: [{ seed: 5, strength: 0.35 }],
  }),
  place: {
    platform: 'discord',
    channelId: 'c1',
    messageId: 'm1',
    replyToken: 'token',
    replyTokenExpiresAtMs: 99,
    spaceId: 's1',
    threadId: 't1',
    isFollowUp: true,
    isDirect: false,
    isAgeRestricted: true,
    isPrivate: true,
    isSpoiler: true,
    attachmentBytesMax: 10_485_760,
  },
  lineage: { jobId: 'parent', index: 2, action: 'vary' },
  state: {
    status: 'denoising',
    step: 3,
    steps: 20,
    startedAtMs: 1,
    updatedAtMs: 4,
    notes: ['3:2 became 1:1'],
    preview: { mediaType: 'image/png', widthPx: 2, heightPx: 2, columns: 1, base64: 'AAAA' },
  },
  answeredAtMs: 12,
});

export function describeJobStore(name: string, open: () => Promise<JobStore>): void {
  describe(`job store: ${name}`, () => {
    let store: JobStore;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());

    const ids = (records: readonly JobRecord[]) => records.map(({ id }) => id);

    test('a record comes back as it went in', async () => {
      expect(await store.insert(FULL_RECORD)).toBe(true);
      expect(await store.get('full')).toEqual(FULL_RECORD);
      expect(await store.get('other')).toBeUndefined();
    });

    test('an upscale keeps its picture while it is open, and none when it has ended', async () => {
      const record = makeRecord({
        request: { kind: 'upscale', image: { kind: 'inline', base64: 'AAAA' }, factor: 2 },
      });
      await store.insert(record);
      expect(await store.get(record.id)).toEqual(record);
      const ended = {
        ...record,
        request: { ...record.request, image: { kind: 'inline', base64: '' } },
        state: { status: 'canceled' },
      } as JobRecord;
      await store.update(ended);
      expect(await store.get(record.id)).toEqual(ended);
    });

    test('the first record of an id stays', async () => {
      await store.insert(makeRecord({ command: 'first' }));
      expect(await store.insert(makeRecord({ command: 'second' }))).toBe(false);
      expect((await store.get('job-1'))?.command).toBe('first');
    });

    test('an update replaces the record and never brings a deleted one back', async () => {
      await store.insert(makeRecord());
      const state = makeSucceeded();
      await store.update(makeRecord({ state, updatedAtMs: 2_000 }));
      expect((await store.get('job-1'))?.state).toEqual(state);
      await store.delete('job-1');
      await store.delete('job-1');
      await store.update(makeRecord());
      expect(await store.get('job-1')).toBeUndefined();
    });

    test('what a caller does to its copy stays with the caller', async () => {
      const record = makeRecord();
      await store.insert(record);
      record.user.name = 'changed';
      const copy = await store.get('job-1');
      if (copy) copy.user.name = 'changed too';
      expect((await store.get('job-1'))?.user.name).toBe('Ada');
    });

    test('open are the jobs that have not ended or were not answered, oldest first', async () => {
      await store.insert(makeRecord({ id: 'new', createdAtMs: 30 }));
      await store.insert(makeRecord({ id: 'old', createdAtMs: 10 }));
      await store.insert(makeRecord({ id: 'unanswered', createdAtMs: 20, state: makeSucceeded() }));
      await store.insert(
        makeRecord({ id: 'done', createdAtMs: 5, state: makeSucceeded(), answeredAtMs: 6 }),
      );
      expect(ids(await store.listOpen())).toEqual(['old', 'unanswered', 'new']);
    });

    test('history is of one channel, newest first, page by page', async () => {
      for (let index = 1; index <= 5; index += 1) {
        await store.insert(makeRecord({ id: `job-${index}`, createdAtMs: index * 10 }));
      }
      const elsewhere = { platform: 'web' as const, channelId: 'other' };
      await store.insert(makeRecord({ id: 'elsewhere', place: elsewhere }));
      const other = { platform: 'slack' as const, channelId: 'general' };
      await store.insert(makeRecord({ id: 'other-platform', place: other }));
      const query = { platform: 'web' as const, channelId: 'general', limit: 2 };
      expect(ids(await store.list(query))).toEqual(['job-5', 'job-4']);
      expect(ids(await store.list({ ...query, createdBeforeMs: 40 }))).toEqual(['job-3', 'job-2']);
    });

    test('what one person made is listed over all channels, newest first, page by page', async () => {
      for (const [index, status] of ['ok', 'ok', 'open', 'ok', 'ok'].entries()) {
        const place = { platform: 'web' as const, channelId: `channel-${index % 2}` };
        const state = status === 'ok' ? makeSucceeded() : { status: 'queued' as const };
        // Two of them in one millisecond: none may be lost between two pages.
        const createdAtMs = index < 2 ? 10 : index * 10;
        await store.insert(makeRecord({ id: `job-${index}`, place, state, createdAtMs }));
      }
      await store.insert(makeRecord({ id: 'bob', user: { id: 'bob', name: 'Bob' } }));
      const slack = { platform: 'slack' as const, channelId: 'general' };
      await store.insert(makeRecord({ id: 'slack', place: slack }));
      const query = { platform: 'web' as const, userId: 'ada', limit: 2 };
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await store.listByUser({ ...query, isSucceeded: true, cursor });
        seen.push(...ids(page.records));
        cursor = page.nextCursor;
      } while (cursor !== undefined);
      expect(seen).toEqual(['job-4', 'job-3', 'job-1', 'job-0']);
      expect(ids((await store.listByUser({ ...query, limit: 10 })).records)).toHaveLength(5);
      await expect(store.listByUser({ ...query, cursor: 'nonsense' })).rejects.toThrow(RangeError);
    });

    test("jobs that have not ended count for their person's quota", async () => {
      await store.insert(makeRecord({ id: 'open' }));
      await store.insert(makeRecord({ id: 'ended', state: makeSucceeded() }));
      await store.insert(makeRecord({ id: 'bob', user: { id: 'bob', name: 'Bob' } }));
      expect(await store.countOpenByUser({ platform: 'web', userId: 'ada' })).toBe(1);
      expect(await store.countOpenByUser({ platform: 'web', userId: 'nobody' })).toBe(0);
      expect(await store.countOpenByUser({ platform: 'slack', userId: 'ada' })).toBe(0);
    });

    test('durations are the work on drawn pictures without the queue, newest first', async () => {
      const request = makeRequest();
      for (const [id, denoiseMs, updatedAtMs] of [
        ['a', 100, 10],
        ['b', 300, 30],
        ['c', 200, 20],
      ] as const) {
        const state = makeSucceeded(request);
        if (state.status !== 'succeeded') throw new Error('unreachable');
        state.result.timings = { ...state.result.timings, denoiseMs };
        await store.insert(makeRecord({ id, state, updatedAtMs }));
      }
      await store.insert(makeRecord({ id: 'open', updatedAtMs: 40 }));
      // 200 loading, 10 prompt, 80 decoding, 10 saving; the 500 of the queue are left out.
      expect(await store.recentDurationsMs(2)).toEqual([600, 500]);
    });
  });
}

/** What every way to a GPU function must do for the core, whichever way it is. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { INITIAL_JOB_STATE, reduceJobState } from '#contract/job-state.ts';
import type { JobEvent } from '#contract/job-event.ts';
import type { Backend } from '../../bot/core/ports.ts';
import { collectEvents, toJob } from '../fakes/running-function.ts';
import { waitFor } from '../fakes/wait-for.ts';

export interface BackendUnderTest {
  backend: Backend;
  stop(): Promise<void>;
}

const never = () => new AbortController().signal;
const isStep = (event: JobEvent) => event.type === 'step-end';

/** The function behind the backend must run the scripted engine. */
export function testBackend(name: string, start: () => Promise<BackendUnderTest>): void {
  describe(`backend: ${name}`, () => {
    let tested: BackendUnderTest;
    let backend: Backend;
    beforeAll(async () => {
      tested = await start();
      ({ backend } = tested);
      await waitFor('ready', async () => (await backend.health()).status === 'READY');
    });
    afterAll(() => tested.stop());

    test('a job is drawn, told step by step, and its pictures are what the result says', async () => {
      await backend.submit(toJob('drawn', { count: 2, steps: 4 }));
      const events = await collectEvents(backend.events('drawn', never()));
      expect(events.map((event) => event.sequence)).toEqual(events.map((_, index) => index + 1));
      expect(events.filter(isStep)).toHaveLength(4);
      const state = events.reduce(reduceJobState, INITIAL_JOB_STATE);
      const images = state.status === 'succeeded' ? state.result.images : [];
      expect(images).toHaveLength(2);
      for (const { index, sha256 } of images) {
        const image = await backend.image('drawn', index);
        expect(createHash('sha256').update(image).digest('hex')).toBe(sha256);
      }
    });

    test('a job that is handed over twice is drawn once, and its events can be read again', async () => {
      await backend.submit(toJob('twice'));
      const first = await collectEvents(backend.events('twice', never()));
      await backend.submit(toJob('twice'));
      const second = await collectEvents(backend.events('twice', never()));
      expect(second.map((event) => event.sequence)).toEqual(first.map((event) => event.sequence));
      expect(second.filter((event) => event.type === 'job-start')).toHaveLength(1);
    });

    test('another request under a known id is refused with the function’s own words', async () => {
      await backend.submit(toJob('conflict'));
      await expect(backend.submit(toJob('conflict', { seed: 8 }))).rejects.toMatchObject({
        code: 'job-conflict',
        message: expect.stringContaining('exists already'),
      });
    });

    test('a job is canceled within a step; canceling it again, or an unknown one, does nothing', async () => {
      await backend.submit(toJob('canceled', { steps: 1_000 }));
      const events: JobEvent[] = [];
      for await (const event of backend.events('canceled', never())) {
        events.push(event);
        if (event.type === 'step-end' && event.step === 3) await backend.cancel('canceled');
      }
      expect(events.at(-1)).toMatchObject({ type: 'job-end', outcome: { status: 'canceled' } });
      expect(events.filter(isStep).length).toBeLessThan(20);
      await backend.cancel('canceled');
      await backend.cancel('nobody-knows-me');
    });

    test('events of an unknown job tell that it must be handed over again', async () => {
      await expect(collectEvents(backend.events('unknown', never()))).rejects.toMatchObject({
        code: 'job-unknown',
        isRetryable: true,
      });
    });

    test('whoever stops listening is left in peace, and the job goes on', async () => {
      await backend.submit(toJob('left', { steps: 20 }));
      const controller = new AbortController();
      const seen: JobEvent[] = [];
      for await (const event of backend.events('left', controller.signal)) {
        seen.push(event);
        if (event.type === 'step-end') controller.abort();
      }
      expect(seen.at(-1)?.type).toBe('step-end');
      const all = await collectEvents(backend.events('left', never()));
      expect(all.at(-1)).toMatchObject({ outcome: { status: 'succeeded' } });
    });

    test('a signal that was aborted before gives no events', async () => {
      await backend.submit(toJob('before'));
      expect(await collectEvents(backend.events('before', AbortSignal.abort()))).toEqual([]);
    });

    test('a picture that does not exist is an error, not empty bytes', async () => {
      await backend.submit(toJob('few', { steps: 1 }));
      await collectEvents(backend.events('few', never()));
      await expect(backend.image('few', 3)).rejects.toThrow('has no picture "3"');
    });

    test('models and health are told', async () => {
      expect(await backend.models()).toMatchObject([{ id: 'scripted', isDefault: true }]);
      expect(await backend.health()).toMatchObject({
        contractVersion: 1,
        loadedModelId: 'scripted',
      });
    });
  });
}

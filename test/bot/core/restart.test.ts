/** Stopping and starting: nothing is lost, nothing is drawn twice for nothing. */
import { describe, expect, test } from 'vitest';
import { GenerationError } from '#contract/generation-error.ts';
import { FakeBackend } from '../../fakes/fake-backend.ts';
import { FakePlatform } from '../../fakes/fake-platform.ts';
import { makeBot } from '../../fakes/make-bot.ts';
import { expectJob, TestBot } from '../../fakes/test-bot.ts';
import { waitFor } from '../../fakes/wait-for.ts';

describe('a bot that stops', () => {
  test('and starts again takes up what was open, and repeats nothing that was done', async () => {
    const backend = new FakeBackend({ stepMs: 2, steps: 20 });
    const first = makeBot({ backend });
    const done = await first.start('done before');
    await first.finalCard(done);
    const open = await first.start('still open');
    await waitFor('a step', () => first.platform.latest(open.record.id)?.progress);
    await first.service.stop();
    const stored = await first.jobStore.get(open.record.id);
    expect(stored?.state.status).toBe('denoising');
    expect(await first.imagine('too late')).toEqual({
      kind: 'refused',
      message: 'The bot is stopping; try again when it is back.',
    });

    const { jobStore, imageStore } = first;
    const second = makeBot({ backend, jobStore, imageStore });
    await second.service.start();
    const card = await second.finalCard(open);
    expect(card.status).toBe('succeeded');
    expect(card.command).toBe(open.record.command);
    expect(second.platform.latest(done.record.id)).toBeUndefined();
  });

  test('before a job was handed over hands it over after the start', async () => {
    const first = makeBot();
    first.backend.fault = new GenerationError('unreachable', 'no route', { isRetryable: true });
    const outcome = await first.start('a red apple');
    await first.service.stop();
    expect(first.backend.submitted).toEqual([]);
    const { jobStore, imageStore } = first;
    const second = makeBot({ jobStore, imageStore });
    await second.service.start();
    expect(await second.finalCard(outcome)).toMatchObject({ status: 'succeeded' });
  });

  test('before the last card arrived delivers it after the start', async () => {
    const platform = new FakePlatform();
    platform.beforeShow = async (card) => {
      if (card.isFinal) await new Promise(() => {});
    };
    const first = makeBot({ platform });
    const outcome = await first.start('a red apple');
    await waitFor('the end', async () =>
      (await first.jobStore.get(outcome.record.id))?.state.status === 'succeeded'
        ? true
        : undefined,
    );
    await first.service.stop();
    const { jobStore, imageStore } = first;
    const second = makeBot({ jobStore, imageStore });
    await second.service.start();
    expect(await second.finalCard(outcome)).toMatchObject({ status: 'succeeded' });
    expect(second.backend.submitted).toEqual([]);
  });

  test('keeps a command that was on its way for the next start, and begins nothing', async () => {
    const first = makeBot();
    const models = Promise.withResolvers<never[]>();
    let isAsked = false;
    first.backend.models = () => {
      isAsked = true;
      return models.promise;
    };
    const accepting = first.imagine('a red apple --style ink');
    await waitFor('the question for models', () => isAsked || undefined);
    await first.service.stop();
    models.reject(new GenerationError('unreachable', 'no route', { isRetryable: true }));
    const outcome = expectJob(await accepting);
    expect(first.backend.submitted).toEqual([]);
    expect(first.platform.shown).toEqual([]);
    const { jobStore, imageStore } = first;
    const second = makeBot({ jobStore, imageStore });
    await second.service.start();
    expect(await second.finalCard(outcome)).toMatchObject({ status: 'succeeded' });
  });

  test('ends soon even when the function does not answer', async () => {
    const backend = new FakeBackend();
    backend.submit = () => new Promise(() => {});
    const bot = new TestBot({ backend, policy: { stopTimeoutMs: 50 } });
    await bot.start('a red apple');
    const startedAtMs = Date.now();
    await bot.service.stop();
    expect(Date.now() - startedAtMs).toBeLessThan(2_000);
  });
});

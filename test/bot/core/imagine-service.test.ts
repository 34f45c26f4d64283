/** What a person gets from a command, from the first card to the last, also when things go wrong. */
import { describe, expect, test } from 'vitest';
import { GenerationError } from '#contract/generation-error.ts';
import { createMemoryImageStore } from '../../../bot/stores/memory-image-store.ts';
import { createMemoryJobStore } from '../../../bot/stores/memory-job-store.ts';
import { FakeBackend } from '../../fakes/fake-backend.ts';
import { makePicture } from '../../fakes/job-records.ts';
import { makeBot } from '../../fakes/make-bot.ts';
import { ADA, BOB, expectJob, quota, type TestBot } from '../../fakes/test-bot.ts';
import { waitFor } from '../../fakes/wait-for.ts';

describe('a command', () => {
  test('is answered at once with its seed, and ends in a card with all pictures stored', async () => {
    const bot = makeBot();
    const outcome = await bot.start('a red apple --ar 3:2');
    expect(outcome.card).toMatchObject({
      title: 'a red apple',
      statusText: 'Waiting for a place in the queue',
      command: 'a red apple --ar 3:2 --seed 1000',
      isFinal: false,
    });
    const card = await bot.finalCard(outcome);
    expect(card).toMatchObject({ status: 'succeeded', statusText: 'Done in 1.5 s' });
    expect(card.images).toHaveLength(4);
    for (const { index } of card.images) {
      const stored = await bot.service.image(outcome.record.id, index);
      expect(Buffer.from(stored ?? [])).toEqual(
        Buffer.from(makePicture(outcome.record.request, index)),
      );
    }
    expect(await bot.service.image('../etc', 0)).toBeUndefined();
  });

  test('goes over to the function with everything fixed, in the name of its person', async () => {
    const bot = makeBot();
    await bot.finalCard(await bot.start('a red apple --count 2 --seed 5 --style 3d --model TINY'));
    expect(bot.backend.submitted).toHaveLength(1);
    expect(bot.backend.submitted[0]).toMatchObject({
      owner: 'web:ada',
      request: { prompt: 'a red apple', count: 2, seed: 5, style: '3D', modelId: 'tiny' },
    });
  });

  test('shows the steps on its way, each newer than the one before', async () => {
    const bot = makeBot({ backend: new FakeBackend({ stepMs: 5, steps: 6 }) });
    await bot.finalCard(await bot.start('a red apple'));
    const texts = bot.platform.shown.map(({ card }) => card.statusText);
    expect(texts).toContain('Loading the model');
    expect(texts).toContain('Drawing, step 3 of 6 (50%)');
    const progress = bot.platform.shown.flatMap(({ card }) => card.progress ?? []);
    expect(progress).toEqual(progress.toSorted((a, b) => a - b));
  });

  test('delivered twice is one job, also at the same moment', async () => {
    const bot = makeBot();
    const [first, second] = await Promise.all([
      bot.imagine('a red apple', { deliveryId: 'same' }),
      bot.imagine('a red apple', { deliveryId: 'same' }),
    ]);
    const third = await bot.imagine('a red apple', { deliveryId: 'same' });
    const ids = [first, second, third].map((outcome) => expectJob(outcome).record.id);
    expect(new Set(ids).size).toBe(1);
    const seeds = [first, second, third].map((outcome) => expectJob(outcome).record.command);
    expect(new Set(seeds).size).toBe(1);
    await bot.finalCard(first);
    expect(bot.backend.submitted).toHaveLength(1);
  });

  test.each([
    ['', 'The prompt is empty'],
    ['x --model tny', 'The model tny is unknown. Did you mean tiny? Available: tiny.'],
    ['x --style 3e', 'The model tiny has no style 3e. Did you mean 3D? Available: 3D, ink.'],
    ['x --sampler ddpm', 'The model tiny cannot draw with the sampler ddpm.'],
    [
      'a naked child',
      'This prompt cannot be drawn here (rule: minors); please describe another picture.',
    ],
  ])('%j is refused and nothing is kept', async (text, message) => {
    const bot = makeBot();
    await bot.service.start();
    const outcome = await bot.imagine(text);
    expect(outcome).toMatchObject({ kind: 'refused', message: expect.stringContaining(message) });
    expect(await bot.service.history({ ...query(bot), limit: 10 })).toEqual([]);
    expect(bot.platform.shown).toEqual([]);
  });

  test('for a cold function is accepted: the engine judges the model later', async () => {
    const bot = makeBot();
    bot.backend.fault = new GenerationError('unreachable', 'asleep', { isRetryable: true });
    const outcome = await bot.imagine('x --model later');
    expect(expectJob(outcome).record.request).toMatchObject({ modelId: 'later' });
  });

  test('beyond the quota is refused with the number, and free again when a job ends', async () => {
    const bot = makeBot({ policy: { quota: quota({ openJobs: 2 }) } });
    bot.backend.isHeld = true;
    const first = await bot.start('one');
    await bot.start('two');
    const burst = await Promise.all([bot.imagine('three'), bot.imagine('four')]);
    for (const outcome of burst) {
      expect(outcome).toEqual({
        kind: 'refused',
        message:
          'You have 2 jobs waiting or drawing, which is as many as one person may have; wait for one or cancel one.',
      });
    }
    expect(await bot.imagine('of another person', { user: BOB })).toMatchObject({ kind: 'job' });
    bot.backend.isHeld = false;
    await bot.finalCard(first);
    expect(await bot.imagine('five')).toMatchObject({ kind: 'job' });
  });

  test('too many in a minute are refused with the time to wait', async () => {
    const bot = makeBot({ policy: { quota: quota({ jobsPerMinute: 2 }) } });
    await bot.finalCard(await bot.start('one'));
    await bot.finalCard(await bot.start('two'));
    expect(await bot.imagine('three')).toMatchObject({
      message: expect.stringMatching(/^You started 2 jobs in the last minute.*in (59|60) s\.$/),
    });
  });

  test('that cannot be saved is refused, and nothing is drawn', async () => {
    const jobStore = createMemoryJobStore();
    jobStore.insert = async () => {
      throw new GenerationError('storage-failed', 'The disk of DATA_DIR data is full; free some.');
    };
    const bot = makeBot({ jobStore });
    expect(await bot.imagine('a red apple')).toEqual({
      kind: 'refused',
      message: 'The disk of DATA_DIR data is full; free some.',
    });
    expect(bot.backend.submitted).toEqual([]);
  });
});

const query = (bot: TestBot) => bot.place;

describe('a function in trouble', () => {
  test('that is away is asked again, the card says so, and the picture comes', async () => {
    const bot = makeBot();
    bot.backend.fault = new GenerationError('unreachable', 'no route', { isRetryable: true });
    const outcome = await bot.start('a red apple');
    await waitFor('the card that tells', () =>
      bot.platform.latest(outcome.record.id)?.statusText.startsWith('The image function cannot'),
    );
    const [entry] = await bot.service.history({ ...query(bot), limit: 1 });
    expect(entry?.card.statusText).toBe('The image function cannot be reached; trying again');
    bot.backend.fault = undefined;
    expect(await bot.finalCard(outcome)).toMatchObject({ status: 'succeeded' });
  });

  test('that stays away for too long fails the job with a sentence, and retry has its seed', async () => {
    const bot = makeBot({ policy: { unreachableLimitMs: 30 } });
    bot.backend.fault = new GenerationError('unreachable', 'no route', { isRetryable: true });
    const outcome = await bot.start('a red apple');
    const card = await bot.finalCard(outcome);
    expect(card.notes).toEqual([
      'The image function could not be reached for a minute; press Retry when it runs again.',
    ]);
    bot.backend.fault = undefined;
    const retried = expectJob(await bot.press(bot.button(card, 'Retry')));
    expect(retried.record.request).toEqual(outcome.record.request);
    expect(retried.card.title).toBe('Retry – a red apple');
    expect(await bot.finalCard(retried)).toMatchObject({ status: 'succeeded' });
  });

  test('that was restarted gets the job again and draws the same pictures', async () => {
    const bot = makeBot({ backend: new FakeBackend({ stepMs: 3, steps: 10 }) });
    const outcome = await bot.start('a red apple');
    await waitFor('a step', () => bot.platform.latest(outcome.record.id)?.progress);
    bot.backend.forget();
    expect(await bot.finalCard(outcome)).toMatchObject({ status: 'succeeded' });
    expect(bot.backend.submitted.map(({ id }) => id)).toEqual([
      outcome.record.id,
      outcome.record.id,
    ]);
  });

  test('that is killed by a job again and again is not asked for ever', async () => {
    const backend = new FakeBackend();
    const bot = makeBot({ backend, policy: { resubmissionsMax: 2 } });
    backend.submit = async (job) => {
      backend.submitted.push(job);
    };
    const card = await bot.finalCard(await bot.start('a poisoned apple'));
    expect(card.notes[0]).toMatch(/^The image function lost this job 3 times; press Retry/);
    expect(backend.submitted).toHaveLength(3);
  });

  test('that refuses the job ends it with its own sentence', async () => {
    const bot = makeBot();
    bot.backend.failure = new GenerationError(
      'model-broken',
      'The model tiny lacks unet; pull it.',
    );
    const card = await bot.finalCard(await bot.start('a red apple'));
    expect(card).toMatchObject({
      status: 'failed',
      notes: ['The model tiny lacks unet; pull it.'],
    });
    expect(card.buttons.flat().map(({ label }) => label)).toEqual(['Retry', 'Edit', 'Delete']);
  });

  test('that loses the connection while pictures are fetched is asked again', async () => {
    const bot = makeBot();
    bot.backend.imageFaults.push(
      new GenerationError('unreachable', 'cut', { isRetryable: true }),
      new GenerationError('job-unknown', 'restarted'),
    );
    expect(await bot.finalCard(await bot.start('a red apple'))).toMatchObject({
      status: 'succeeded',
    });
  });
});

describe('a full disk', () => {
  test('fails the job with the remedy, and retry draws the same pictures', async () => {
    const imageStore = createMemoryImageStore();
    const put = imageStore.put.bind(imageStore);
    imageStore.put = async (jobId, index, png) => {
      if (index === 2) throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
      await put(jobId, index, png);
    };
    const bot = makeBot({ imageStore });
    const outcome = await bot.start('a red apple');
    const card = await bot.finalCard(outcome);
    expect(card.notes).toEqual([
      "The pictures could not be stored because the bot's disk is full; free some space, then press Retry.",
    ]);
    const record = await bot.jobStore.get(outcome.record.id);
    expect(record?.state).toMatchObject({ status: 'failed', error: { code: 'storage-failed' } });
    expect(await imageStore.get(outcome.record.id, 0)).toBeUndefined();
    imageStore.put = put;
    const retried = expectJob(await bot.press(bot.button(card, 'Retry')));
    await bot.finalCard(retried);
    expect(Buffer.from((await imageStore.get(retried.record.id, 2)) ?? [])).toEqual(
      Buffer.from(makePicture(outcome.record.request, 2)),
    );
  });

  test('that hits the record of the end leaves picture and buttons working', async () => {
    const jobStore = createMemoryJobStore();
    const update = jobStore.update.bind(jobStore);
    jobStore.update = async (record) => {
      if (record.state.status === 'succeeded') throw new Error('no space');
      await update(record);
    };
    const bot = makeBot({ jobStore, policy: { retryPauseMs: { first: 1, longest: 1 } } });
    const outcome = await bot.start('a red apple');
    const card = await waitFor('the card', () => {
      const latest = bot.platform.latest(outcome.record.id);
      return latest?.isFinal ? latest : undefined;
    });
    expect(card.status).toBe('succeeded');
    expect(await bot.press(bot.button(card, 'V2'))).toMatchObject({ kind: 'job' });
  });
});

describe('many jobs', () => {
  test('are followed a few at a time and all end', async () => {
    const bot = makeBot({ policy: { followersMax: 2, quota: quota({ openJobs: 50 }) } });
    const outcomes = [];
    for (let index = 0; index < 12; index += 1) outcomes.push(await bot.start(`picture ${index}`));
    for (const outcome of outcomes) expect((await bot.finalCard(outcome)).status).toBe('succeeded');
  });

  test('make the history, newest first, with what is happening now', async () => {
    const bot = makeBot();
    await bot.finalCard(await bot.start('older'));
    bot.backend.isHeld = true;
    await bot.start('newer');
    const history = await bot.service.history({ ...query(bot), limit: 10 });
    expect(history.map(({ card }) => [card.title, card.isFinal])).toEqual([
      ['newer', false],
      ['older', true],
    ]);
    expect(history[0]?.record.user).toEqual(ADA);
  });
});

/** How cards reach their place: paced, the latest first, the last one for certain. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import type { Card } from '../../../bot/core/card.ts';
import { Notifier } from '../../../bot/core/notifier.ts';
import { PlaceBook } from '../../../bot/core/place-book.ts';
import { presentJob } from '../../../bot/core/present-job.ts';
import { FakePlatform } from '../../fakes/fake-platform.ts';
import { makeRecord, makeSucceeded } from '../../fakes/job-records.ts';
import { createSilentLogger } from '../../fakes/silent-logger.ts';
import { waitFor } from '../../fakes/wait-for.ts';

const record = makeRecord();
const present = (text: string, isFinal = false): Card => ({
  ...presentJob(isFinal ? makeRecord({ state: makeSucceeded() }) : record, {
    nowMs: 0,
    averages: {},
    abilities: [],
  }),
  statusText: text,
});
const texts = (platform: FakePlatform) => platform.shown.map(({ card }) => card.statusText);

const options = (platform: FakePlatform) => ({
  platforms: [platform],
  clock: { nowMs: () => Date.now() },
  places: new PlaceBook(),
  onPlaceChange: () => {},
  onPlaceGone: () => {},
});

const notifiers: Notifier[] = [];
afterEach(async () => {
  for (const notifier of notifiers.splice(0)) await notifier.close();
});
function makeNotifier(platform: FakePlatform, logger = createSilentLogger()): Notifier {
  const notifier = new Notifier({ ...options(platform), logger, firstPauseMs: 1 });
  notifiers.push(notifier);
  return notifier;
}

describe('previews', () => {
  test('keep the pace of the platform, and the latest wins', async () => {
    const platform = new FakePlatform({ minimumUpdateIntervalMs: 60 });
    const notifier = makeNotifier(platform);
    for (let step = 1; step <= 40; step += 1) {
      notifier.show(record, present(`step ${step}`));
      await sleep(5);
    }
    await waitFor('the last', () => texts(platform).includes('step 40') || undefined);
    expect(platform.shown.length).toBeLessThan(40);
    const times = platform.shown.map(({ atMs }) => atMs);
    // A timer may fire a millisecond early by the wall clock.
    for (const [index, atMs] of times.slice(1).entries()) {
      expect(atMs - (times[index] ?? 0)).toBeGreaterThanOrEqual(58);
    }
  });

  test('of one job do not hold up those of another', async () => {
    const platform = new FakePlatform({ minimumUpdateIntervalMs: 60_000 });
    const notifier = makeNotifier(platform);
    notifier.show(record, present('one'));
    notifier.show(makeRecord({ id: 'job-2' }), present('two'));
    await waitFor('both', () => platform.shown[1]);
    expect(texts(platform)).toEqual(['one', 'two']);
  });

  test('that fail are logged, and the next one is tried', async () => {
    const platform = new FakePlatform();
    const logger = createSilentLogger();
    const notifier = makeNotifier(platform, logger);
    platform.beforeShow = ({ statusText }) => {
      if (statusText === 'bad') throw new Error('rate limit');
    };
    notifier.show(record, present('bad'));
    await waitFor('the log', () => logger.lines[0]);
    notifier.show(record, present('good'));
    await waitFor('the next', () => platform.shown[0]);
    expect(texts(platform)).toEqual(['good']);
  });
});

describe('the final card', () => {
  test('does not wait for the pace, and no preview follows it', async () => {
    const platform = new FakePlatform({ minimumUpdateIntervalMs: 60_000 });
    const notifier = makeNotifier(platform);
    notifier.show(record, present('first'));
    await waitFor('the first', () => platform.shown[0]);
    notifier.show(record, present('waiting for its turn'));
    expect(await notifier.finish(record, present('done', true))).toBe(true);
    await sleep(20);
    expect(texts(platform)).toEqual(['first', 'done']);
  });

  test('is not overtaken by a preview that is still under way', async () => {
    const platform = new FakePlatform();
    const notifier = makeNotifier(platform);
    platform.beforeShow = ({ isFinal }) => (isFinal ? undefined : sleep(40));
    notifier.show(record, present('slow preview'));
    await sleep(10);
    await notifier.finish(record, present('done', true));
    expect(texts(platform)).toEqual(['slow preview', 'done']);
  });

  test('is tried again until the platform takes it', async () => {
    const platform = new FakePlatform();
    const notifier = makeNotifier(platform);
    let trials = 0;
    platform.beforeShow = () => {
      trials += 1;
      if (trials < 4) throw new Error('503');
    };
    expect(await notifier.finish(record, present('done', true))).toBe(true);
    expect(texts(platform)).toEqual(['done']);
  });

  test('counts as not delivered when every try failed, or when nobody has such a place', async () => {
    const platform = new FakePlatform();
    const notifier = makeNotifier(platform);
    platform.beforeShow = () => {
      throw new Error('gone');
    };
    expect(await notifier.finish(record, present('done', true))).toBe(false);
    const elsewhere = makeRecord({ place: { platform: 'slack', channelId: 'c' } });
    expect(await notifier.finish(elsewhere, present('done', true))).toBe(false);
  });

  test('does not hold up the end of the bot', async () => {
    const platform = new FakePlatform();
    const notifier = makeNotifier(platform);
    platform.beforeShow = () => new Promise(() => {});
    const finished = notifier.finish(record, present('done', true));
    await notifier.close();
    expect(await finished).toBe(false);
  });
});

test('a card that is removed while its delivery is tried again stays away', async () => {
  const platform = new FakePlatform();
  const notifier = makeNotifier(platform);
  let trials = 0;
  platform.beforeShow = async () => {
    trials += 1;
    await sleep(10);
    if (trials === 1) throw new Error('503');
  };
  const finished = notifier.finish(record, present('done', true));
  await waitFor('the first try', () => trials);
  await notifier.remove(record);
  expect(await finished).toBe(false);
  await sleep(20);
  expect(platform.shown).toEqual([]);
});

test('a card that is removed between two tries of its delivery is gone at once', async () => {
  const platform = new FakePlatform();
  const logger = createSilentLogger();
  const notifier = new Notifier({ ...options(platform), logger, firstPauseMs: 60_000 });
  notifiers.push(notifier);
  platform.beforeShow = () => {
    throw new Error('503');
  };
  const finished = notifier.finish(record, present('done', true));
  await waitFor('the first try', () => logger.lines[0]);
  const startedAtMs = Date.now();
  await notifier.remove(record);
  expect(await finished).toBe(false);
  expect(Date.now() - startedAtMs).toBeLessThan(5_000);
  expect(platform.removed).toEqual([record.id]);
});

test('a removed card does not come back with a preview that waited', async () => {
  const platform = new FakePlatform({ minimumUpdateIntervalMs: 20 });
  const notifier = makeNotifier(platform);
  notifier.show(record, present('one'));
  await waitFor('the first', () => platform.shown[0]);
  notifier.show(record, present('two'));
  await notifier.remove(record);
  await sleep(40);
  expect(texts(platform)).toEqual(['one']);
  expect(platform.removed).toEqual([record.id]);
});

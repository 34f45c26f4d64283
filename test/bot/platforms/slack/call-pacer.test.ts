/** One budget for the whole workspace: results come first, previews take what is left, nobody asks too early. */
import { expect, test } from 'vitest';
import { CallPacer } from '../../../../bot/platforms/slack/call-pacer.ts';
import { VirtualClock } from '../../../fakes/virtual-clock.ts';

const RATE = 1_000;

test('results use all the calls of a minute and then wait for the next, in order', async () => {
  const clock = new VirtualClock({ rate: RATE });
  const pacer = new CallPacer(clock);
  const startMs = clock.nowMs();
  const done: { number: number; atMs: number }[] = [];
  const takes = Array.from({ length: 100 }, async (_, number) => {
    await pacer.take('chat.update');
    done.push({ number, atMs: clock.nowMs() - startMs });
  });
  await Promise.all(takes);
  expect(done.map(({ number }) => number)).toEqual(
    Array.from({ length: 100 }, (_, number) => number),
  );
  expect(done[44]?.atMs).toBeLessThan(60_000);
  expect(done[45]?.atMs).toBeGreaterThanOrEqual(60_000);
  expect(done[90]?.atMs).toBeGreaterThanOrEqual(120_000);
});

test('previews leave a share of the calls to results, and have none while a result waits', async () => {
  const clock = new VirtualClock();
  const pacer = new CallPacer(clock);
  const granted = Array.from({ length: 60 }, () => pacer.tryTake('chat.update')).filter(Boolean);
  expect(granted).toHaveLength(27);
  await pacer.take('chat.update');
  clock.advance(61_000);
  expect(pacer.tryTake('chat.update')).toBe(true);
  pacer.refuse('chat.update', 5_000);
  expect(pacer.tryTake('chat.update')).toBe(false);
  const waiting = pacer.take('chat.update');
  clock.advance(5_100);
  await waiting;
});

test('the more jobs are drawn, the further apart the previews of each', () => {
  const pacer = new CallPacer(new VirtualClock());
  expect(pacer.previewIntervalMs(1)).toBe(3_000);
  expect(pacer.previewIntervalMs(10)).toBeCloseTo(22_222, -1);
  // All of them together stay within the share of the budget that previews have.
  expect((60_000 / pacer.previewIntervalMs(40)) * 40).toBeLessThanOrEqual(27.01);
});

test('one channel gets about a message a second, other channels are not held up', async () => {
  const clock = new VirtualClock({ rate: RATE });
  const pacer = new CallPacer(clock);
  const startMs = clock.nowMs();
  for (let message = 0; message < 5; message += 1) await pacer.takeChannel('C1');
  const tookMs = clock.nowMs() - startMs;
  expect(tookMs).toBeGreaterThanOrEqual(4 * 1_000);
  const before = performance.now();
  await pacer.takeChannel('C2');
  expect(performance.now() - before).toBeLessThan(1_000);
});

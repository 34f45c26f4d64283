/** Readers of a job's events lose nothing that matters, and a log stays small. */
import { expect, test } from 'vitest';
import type { JobEvent } from '#contract/job-event.ts';
import {
  createJobLog,
  parseEventId,
  PREVIEWS_KEPT,
  toEventId,
  type JobLog,
} from '../../../gpu-function/worker/job-log.ts';

const preview = {
  mediaType: 'image/png' as const,
  widthPx: 1,
  heightPx: 1,
  columns: 1,
  base64: 'AAAA',
};
const newLog = () => createJobLog({ jobId: 'j', logId: 'abc', nowMs: () => 5 });

function readAll(log: JobLog): JobEvent[] {
  const events: JobEvent[] = [];
  for (let event = log.next(0); event !== undefined; event = log.next(event.sequence)) {
    events.push(event);
  }
  return events;
}

test('events are numbered from 1 and fold into the state', () => {
  const log = newLog();
  log.append({ type: 'job-queued', position: 1 });
  log.append({ type: 'job-start', attempt: 1, notes: [] });
  log.append({ type: 'step-end', step: 1, steps: 2, preview });
  expect(readAll(log).map((event) => event.sequence)).toEqual([1, 2, 3]);
  expect(log.state).toMatchObject({ status: 'denoising', step: 1, preview });
});

test('nothing follows the end', () => {
  const log = newLog();
  log.append({ type: 'job-end', outcome: { status: 'canceled' } });
  log.append({ type: 'job-start', attempt: 2, notes: [] });
  expect(log.hasEnded).toBe(true);
  expect(readAll(log)).toHaveLength(1);
});

test('of a thousand previews a late reader gets the newest few, and of all steps the numbers', () => {
  const log = newLog();
  log.append({ type: 'job-start', attempt: 1, notes: [] });
  for (let step = 1; step <= 1_000; step += 1) {
    log.append({ type: 'step-end', step, steps: 1_000, preview });
  }
  const steps = readAll(log).filter((event) => event.type === 'step-end');
  expect(steps.map((event) => event.step)).toEqual(Array.from({ length: 1_000 }, (_, n) => n + 1));
  const withPreview = steps.filter((event) => event.preview !== undefined);
  expect(withPreview.map((event) => event.step)).toEqual(
    Array.from({ length: PREVIEWS_KEPT }, (_, n) => 1_000 - PREVIEWS_KEPT + n + 1),
  );
});

test('places in the queue that are out of date do not pile up', () => {
  const log = newLog();
  for (let round = 0; round < 10_000; round += 1) {
    log.append({ type: 'job-queued', position: 1 + (round % 2) });
  }
  expect(readAll(log)).toMatchObject([{ position: 2, sequence: 10_000 }]);
});

test('a reader that waits is woken by the next event, by its timeout and by its signal', async () => {
  const log = newLog();
  const { signal } = new AbortController();
  const woken: string[] = [];
  const byEvent = log.changed({ timeoutMs: 60_000, signal }).then(() => woken.push('event'));
  log.append({ type: 'job-queued', position: 1 });
  await byEvent;
  await log.changed({ timeoutMs: 1, signal }).then(() => woken.push('timeout'));
  const aborted = AbortSignal.abort();
  await log.changed({ timeoutMs: 60_000, signal: aborted }).then(() => woken.push('before'));
  const controller = new AbortController();
  const bySignal = log.changed({ timeoutMs: 60_000, signal: controller.signal });
  controller.abort();
  await bySignal.then(() => woken.push('signal'));
  expect(woken).toEqual(['event', 'timeout', 'before', 'signal']);
});

test('an event id counts only in its own log; any other starts from the first event', () => {
  expect(parseEventId('abc', toEventId('abc', 17))).toBe(17);
  for (const other of [undefined, '', '17', 'xyz-17', 'abc-', 'abc--1', 'abc-1e3', 'abc-17 ']) {
    expect(parseEventId('abc', other)).toBe(0);
  }
});

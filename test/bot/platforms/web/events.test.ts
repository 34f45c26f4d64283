/** What several windows see, and what one sees that comes back after its connection was cut. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createEventHub } from '../../../../bot/platforms/web/events.ts';
import { WEB_LIMITS } from '../../../../bot/platforms/web/limits.ts';
import type { WebCard } from '../../../../bot/platforms/web/render.ts';
import { readEvents, type ReceivedEvent } from './event-reader.ts';
import { startWeb, type RunningWeb } from './start-web.ts';
import { createWebClient } from './web-client.ts';

let web: RunningWeb;
const { say, press, draw, history } = createWebClient(() => web.url);
beforeEach(async () => {
  web = await startWeb();
});
afterEach(() => web.close());

const isDone = ({ data }: ReceivedEvent) => data.status === 'succeeded';
const after = async () => (await history()).position;

test('a window that knows nothing is told to read the history', async () => {
  const reader = await readEvents(web.url);
  expect((await reader.next()).type).toBe('refresh');
  reader.close();
});

test('two windows see the same pictures sharpen and end', async () => {
  const position = await after();
  const windows = await Promise.all([readEvents(web.url, position), readEvents(web.url, position)]);
  await say('/imagine a boat');
  const [first = [], second = []] = await Promise.all(
    windows.map((window) => window.until(isDone)),
  );
  const previews = new Set(first.flatMap(({ data }) => data.preview?.base64 ?? []));
  expect(previews.size).toBeGreaterThanOrEqual(5);
  expect(second.at(-1)?.data).toEqual(first.at(-1)?.data);
  for (const window of windows) window.close();
});

test('a window that was cut off gets what it missed, the newest of each job only', async () => {
  const reader = await readEvents(web.url, await after());
  await say('/imagine a boat');
  const { id } = await reader.next();
  reader.close();
  const boat = (await history()).cards[0]?.jobId;
  await draw('/imagine a tree');
  await draw('/imagine a house');
  const again = await readEvents(web.url, id);
  const missed = [await again.next(), await again.next(), await again.next()];
  expect(new Set(missed.map(({ data }) => data.jobId)).size).toBe(3);
  expect(missed.map(({ data }) => data.jobId)).toContain(boat);
  expect(missed.map(({ data }) => data.status)).toEqual(['succeeded', 'succeeded', 'succeeded']);
  again.close();
});

test('a removal reaches open windows and those that come back', async () => {
  const card = await draw('/imagine a boat');
  const position = await after();
  const open = await readEvents(web.url, position);
  await press(`delete:${card.jobId}:0`);
  expect(await open.next()).toMatchObject({ type: 'remove', data: { jobId: card.jobId } });
  const late = await readEvents(web.url, position);
  expect(await late.next()).toMatchObject({ type: 'remove', data: { jobId: card.jobId } });
  open.close();
  late.close();
});

test('a place of an earlier run of the program means: read the history anew', async () => {
  const other = await startWeb();
  const position = (await createWebClient(() => other.url).history()).position;
  await other.close();
  const reader = await readEvents(web.url, position);
  expect((await reader.next()).type).toBe('refresh');
  reader.close();
});

test('no more windows than the limit, and a place is free again when one closes', async () => {
  const position = await after();
  const open = await Promise.all(
    Array.from({ length: WEB_LIMITS.eventClients }, () => readEvents(web.url, position)),
  );
  const refused = await fetch(`${web.url}/api/events`);
  expect(refused.status).toBe(503);
  expect(await refused.text()).toContain('Too many windows');
  open[0]?.close();
  await expect.poll(() => web.web.windowCount()).toBe(WEB_LIMITS.eventClients - 1);
  const reader = await readEvents(web.url, position);
  for (const window of [...open, reader]) window.close();
  await expect.poll(() => web.web.windowCount()).toBe(0);
});

const card = (jobId: string, note = '') => ({ jobId, notes: [note] }) as unknown as WebCard;
const read = async (reader: ReadableStreamDefaultReader<Uint8Array>) =>
  new TextDecoder().decode((await reader.read()).value);

test('a window that reads slowly skips what is old: nothing piles up for it', async () => {
  const hub = createEventHub({ nowMs: () => 0, runId: 'run' });
  const reader = hub.open(hub.position())?.getReader();
  if (reader === undefined) throw new Error('no stream');
  await read(reader);
  for (let step = 0; step < 10_000; step += 1) hub.publish(card('a', `step ${step}`));
  expect(await read(reader)).toContain('step 9999');
  const idle = read(reader);
  hub.publish(card('b', 'next'));
  expect(await idle).toContain('"next"');
  hub.close();
});

test('a window that missed more than is remembered reads the history anew', async () => {
  const hub = createEventHub({ nowMs: () => 0, runId: 'run' });
  const start = hub.position();
  const many = WEB_LIMITS.rememberedJobs + 1;
  for (let job = 0; job < many; job += 1) hub.publish(card(`job-${job}`));
  const reader = hub.open(start)?.getReader();
  if (reader === undefined) throw new Error('no stream');
  await read(reader);
  expect(await read(reader)).toMatch(/^event: refresh\n/);
  hub.close();
});

test('a window that sleeps gives its place to a new one when all are taken', () => {
  let nowMs = 0;
  const hub = createEventHub({ nowMs: () => nowMs, runId: 'run' });
  for (let count = 0; count < WEB_LIMITS.eventClients; count += 1) hub.open(hub.position());
  expect(hub.open(hub.position())).toBeUndefined();
  nowMs = WEB_LIMITS.stalledAfterMs + WEB_LIMITS.heartbeatMs + 1;
  expect(hub.open(hub.position())).toBeDefined();
  expect(hub.clientCount()).toBe(WEB_LIMITS.eventClients);
  hub.close();
});

test('a quiet stream still shows that it lives', async () => {
  const other = await startWeb({ heartbeatMs: 20 });
  const response = await fetch(`${other.url}/api/events`);
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  while (!text.includes(': still here')) text += (await reader?.read())?.value ?? '';
  expect(text).toContain('retry: 1000');
  await reader?.cancel();
  await other.close();
});

/** Server-sent events: nothing is lost over cut connections, and slow readers cost nothing. */
import { connect, type Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, expect, test } from 'vitest';
import { jobEventSchema, type JobEvent } from '#contract/job-event.ts';
import { isTerminal } from '#contract/job-state.ts';
import { readEventStream } from '../../../bot/backends/read-event-stream.ts';
import {
  startRunningFunction,
  toJob,
  type RunningFunction,
  type RunningFunctionOptions,
} from '../../fakes/running-function.ts';
import { waitFor } from '../../fakes/wait-for.ts';

let running: RunningFunction;
afterEach(() => running.stop());
const start = async (options: RunningFunctionOptions = {}) => {
  running = await startRunningFunction(options);
};

interface Read {
  events: JobEvent[];
  lastId: string;
}

/** Reads the stream of job j1 until `count` events came, then cuts the connection. */
async function read(lastEventId?: string, count = Infinity): Promise<Read> {
  const controller = new AbortController();
  const response = await fetch(`${running.url}/jobs/j1/events`, {
    headers: lastEventId === undefined ? {} : { 'Last-Event-ID': lastEventId },
    signal: controller.signal,
  });
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  const result: Read = { events: [], lastId: '' };
  if (response.body === null) return result;
  for await (const { id, data } of readEventStream(response.body, () => undefined)) {
    result.events.push(jobEventSchema.parse(JSON.parse(data)));
    result.lastId = id;
    if (result.events.length >= count) break;
  }
  controller.abort();
  return result;
}

const sequences = (events: readonly JobEvent[]) => events.map((event) => event.sequence);

test('a stream has every event in order and ends after job-end', async () => {
  await start();
  running.board.submit(toJob('j1', { steps: 5 }));
  const { events } = await read();
  expect(events.at(-1)?.type).toBe('job-end');
  expect(sequences(events)).toEqual(events.map((_, index) => index + 1));
  expect(sequences((await read()).events)).toEqual(sequences(events));
});

test('a reader that is cut off again and again loses nothing and gets nothing twice', async () => {
  await start({ engine: { stepMs: 10 } });
  running.board.submit(toJob('j1', { steps: 30 }));
  const seen: JobEvent[] = [];
  let lastId: string | undefined;
  while (seen.at(-1)?.type !== 'job-end') {
    const part = await read(lastId, 3);
    seen.push(...part.events);
    ({ lastId } = part);
  }
  expect(seen.filter((event) => event.type === 'step-end')).toHaveLength(30);
  expect(sequences(seen)).toEqual(seen.map((_, index) => index + 1));
});

test('an id of an earlier run of the function starts from the first event', async () => {
  await start();
  running.board.submit(toJob('j1', { steps: 3 }));
  const { events } = await read();
  for (const foreign of ['abcdef-4', 'nonsense', '', '4']) {
    expect(sequences((await read(foreign)).events)).toEqual(sequences(events));
  }
});

test('an id after the end gives an empty stream that ends', async () => {
  await start();
  running.board.submit(toJob('j1', { steps: 3 }));
  const { lastId } = await read();
  expect((await read(lastId)).events).toEqual([]);
});

test('a silent stream shows that it is alive', async () => {
  await start({ heartbeatMs: 20, engine: { stepMs: 150 } });
  running.board.submit(toJob('j1', { steps: 3 }));
  const text = await (await fetch(`${running.url}/jobs/j1/events`)).text();
  expect(text.match(/^: still here$/gm)?.length).toBeGreaterThan(3);
});

test('a reader that stops reading holds up nothing and fills no memory', async () => {
  // 300 previews of 270 kB for five readers would be 400 MB if they were kept for the slow ones.
  await start({ engine: { stepMs: 1, previewSidePx: 256 } });
  const sockets = await Promise.all(Array.from({ length: 5 }, () => openAndPause()));
  const before = heldBytes();
  running.board.submit(toJob('j1', { steps: 300 }));
  for (const socket of sockets)
    socket.write(`GET /jobs/j1/events HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  await waitFor('done', () => {
    const job = running.board.find('j1');
    return job !== undefined && isTerminal(job.log.state);
  });
  const grownBytes = heldBytes() - before;
  expect(running.board.find('j1')?.log.sizeBytes).toBeLessThan(16 * 300_000 + 400 * 400);
  expect(grownBytes).toBeLessThan(100 * 1024 * 1024);
  for (const socket of sockets) socket.destroy();
});

test('readers that went away leave nothing that waits', async () => {
  await start({ engine: { stepMs: 20 } });
  running.board.submit(toJob('j1', { steps: 1_000 }));
  await Promise.all(Array.from({ length: 40 }, () => read(undefined, 2)));
  const count = () =>
    new Promise<number>((resolve) => {
      running.server.getConnections((_error, connections) => resolve(connections));
    });
  await waitFor('closed', async () => (await count()) <= 1);
  expect(running.board.find('j1')?.log.hasEnded).toBe(false);
  running.board.cancel('j1');
});

/** What is in use, without what only waits to be collected. */
function heldBytes(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function openAndPause(): Promise<Socket> {
  return new Promise((resolve) => {
    const socket = connect(running.port, '127.0.0.1', () => resolve(socket));
    socket.pause();
  });
}

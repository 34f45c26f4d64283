/** The reader of server-sent events, against the format's rules. */
import { array, assert, asyncProperty, nat } from 'fast-check';
import { expect, test } from 'vitest';
import { readEventStream, type ServerSentEvent } from '../../../bot/backends/read-event-stream.ts';

async function read(pieces: readonly Uint8Array[]): Promise<ServerSentEvent[]> {
  const events: ServerSentEvent[] = [];
  const body = ReadableStream.from<Uint8Array>(pieces);
  for await (const event of readEventStream(body, () => undefined)) events.push(event);
  return events;
}

const encode = (text: string) => new TextEncoder().encode(text);
const readText = (text: string) => read([encode(text)]);

test('comments, retry times and unknown fields are passed over', async () => {
  const text = 'retry: 1000\n\n: still here\n\nid: a-1\nevent: x\ndata: {"n":1}\n\n';
  expect(await readText(text)).toEqual([{ id: 'a-1', data: '{"n":1}' }]);
});

test('data over several lines, without a space, and with carriage returns', async () => {
  expect(await readText('data: a\r\ndata:b\r\n\r\n')).toEqual([{ id: '', data: 'a\nb' }]);
});

test('an id holds until the next one', async () => {
  expect(await readText('id: 1\ndata: a\n\ndata: b\n\n')).toEqual([
    { id: '1', data: 'a' },
    { id: '1', data: 'b' },
  ]);
});

test('an event that was cut in half is not an event', async () => {
  expect(await readText('id: 1\ndata: a\n\nid: 2\ndata: hal')).toEqual([{ id: '1', data: 'a' }]);
});

test('the places where the network cuts make no difference', async () => {
  const text = 'id: 1\ndata: {"word":"straße 🍎"}\n\n: hm\n\nid: 2\ndata: b\n\n';
  const bytes = encode(text);
  const whole = await read([bytes]);
  await assert(
    asyncProperty(array(nat(bytes.length), { maxLength: 12 }), async (cuts) => {
      const places = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
      const pieces = places.slice(1).map((place, n) => bytes.subarray(places[n], place));
      expect(await read(pieces)).toEqual(whole);
    }),
  );
});

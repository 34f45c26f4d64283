/** Reads a stream of server-sent events as a browser would, one event at a time. */

export interface ReceivedEvent {
  type: string;
  id: string;
  // The page's own types are checked where they are used.
  data: { jobId: string; status?: string; progress?: number; preview?: { base64: string } };
}

export interface EventReader {
  next(): Promise<ReceivedEvent>;
  /** Reads until one fits, and gives back all events up to it. */
  until(fits: (event: ReceivedEvent) => boolean): Promise<ReceivedEvent[]>;
  close(): void;
}

export async function readEvents(url: string, lastEventId?: string): Promise<EventReader> {
  const abort = new AbortController();
  const headers = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
  const response = await fetch(`${url}/api/events`, { signal: abort.signal, headers });
  if (response.body === null || !response.ok) throw new Error(await response.text());
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';

  async function next(): Promise<ReceivedEvent> {
    for (;;) {
      const end = text.indexOf('\n\n');
      if (end >= 0) {
        const block = text.slice(0, end);
        text = text.slice(end + 2);
        const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1] ?? '';
        if (field('event') === '') continue;
        return { type: field('event'), id: field('id'), data: JSON.parse(field('data')) };
      }
      const { value, done } = await reader.read();
      if (done) throw new Error('The stream has ended.');
      text += value;
    }
  }

  return {
    next,
    async until(fits) {
      const events: ReceivedEvent[] = [];
      for (;;) {
        const event = await next();
        events.push(event);
        if (fits(event)) return events;
      }
    },
    close: () => abort.abort(),
  };
}

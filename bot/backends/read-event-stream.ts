/** Server-sent events from the bytes of a response (WHATWG HTML, section 9.2.6). */

export interface ServerSentEvent {
  /** The last `id:` line seen; empty before the first. */
  id: string;
  data: string;
}

/** The largest event is a preview of some megapixels; more than this is not from the function. */
const BUFFER_CHARACTERS_MAX = 16 * 1024 * 1024;

/**
 * Yields the events that have data; `onChunk` hears of every sign of life, comments included. Throws when the stream
 * breaks, or when one event is larger than 16 MiB.
 */
export async function* readEventStream(
  body: ReadableStream<Uint8Array>,
  onChunk: () => void,
): AsyncGenerator<ServerSentEvent> {
  const blocks = createBlockBuffer();
  const decoder = new TextDecoder();
  let id = '';
  for await (const chunk of body) {
    onChunk();
    for (const block of blocks.push(decoder.decode(chunk, { stream: true }))) {
      const event = parseBlock(block, id);
      id = event.id;
      if (event.data !== '') yield event;
    }
  }
}

function parseBlock(block: string, lastId: string): ServerSentEvent {
  const fields = block.split('\n').map(splitField);
  const data = fields.filter(([name]) => name === 'data').map(([, value]) => value);
  const id = fields.findLast(([name]) => name === 'id')?.[1] ?? lastId;
  return { id, data: data.join('\n') };
}

/** Whole events out of pieces of text. Pieces are kept apart until an event ends, so that large ones stay cheap. */
function createBlockBuffer(): { push(text: string): string[] } {
  let pieces: string[] = [];
  let characters = 0;
  return {
    push(text) {
      pieces.push(text);
      characters += text.length;
      if (characters > BUFFER_CHARACTERS_MAX) throw new Error('An event is too large.');
      if (!text.includes('\n')) return [];
      const blocks = pieces.join('').replaceAll('\r\n', '\n').split('\n\n');
      const rest = blocks.pop() ?? '';
      pieces = [rest];
      characters = rest.length;
      return blocks;
    },
  };
}

function splitField(line: string): [string, string] {
  const colon = line.indexOf(':');
  if (colon < 0) return [line, ''];
  const value = line.slice(colon + 1);
  return [line.slice(0, colon), value.startsWith(' ') ? value.slice(1) : value];
}

/**
 * Server-sent events: the newest card of each job, pulled by each window at its own pace.
 * A window has a place in one numbered line of changes and asks for what came after it, so a slow one
 * skips previews instead of filling memory, and one that comes back misses nothing.
 * Format: https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
import { WEB_LIMITS } from './limits.ts';
import type { WebCard } from './render.ts';

interface Change {
  sequence: number;
  /** None: the job's card was removed. */
  card: WebCard | undefined;
}

interface Client {
  lastReadAtMs: number;
  wake: () => void;
  close: () => void;
}

export interface EventHubOptions {
  nowMs: () => number;
  /** Tells this run of the program from earlier ones: places in their line mean nothing here. */
  runId: string;
  heartbeatMs?: number;
}

export interface EventHub {
  publish(card: WebCard): void;
  remove(jobId: string): void;
  /** The card as it was shown last, if it is still remembered. */
  latest(jobId: string): WebCard | undefined;
  /** Names the place after the newest change. */
  position(): string;
  /** A stream of everything after the position, or undefined when too many windows are open. */
  open(after: string | undefined): ReadableStream<Uint8Array> | undefined;
  clientCount(): number;
  /** Ends all streams. */
  close(): void;
}

const encoder = new TextEncoder();

function toFrame(type: string, id: string, data: unknown): Uint8Array {
  return encoder.encode(`event: ${type}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`);
}

/** The changes in order, only the newest of each job, bounded. */
class ChangeLine {
  readonly #byJob = new Map<string, Change>();
  /** Changes up to this one may be forgotten. */
  #forgotten = 0;
  newest = 0;

  append(jobId: string, card: WebCard | undefined): void {
    this.newest += 1;
    // Deleting first keeps the map in the order of the changes.
    this.#byJob.delete(jobId);
    this.#byJob.set(jobId, { sequence: this.newest, card });
    for (const [oldJobId, change] of this.#byJob) {
      if (this.#byJob.size <= WEB_LIMITS.rememberedJobs) break;
      this.#forgotten = change.sequence;
      this.#byJob.delete(oldJobId);
    }
  }

  get(jobId: string): Change | undefined {
    return this.#byJob.get(jobId);
  }

  isKnown(sequence: number): boolean {
    return sequence >= this.#forgotten && sequence <= this.newest;
  }

  next(sequence: number): [string, Change] | undefined {
    if (sequence >= this.newest) return undefined;
    for (const entry of this.#byJob) if (entry[1].sequence > sequence) return entry;
    return undefined;
  }
}

/** One line of changes for all windows; nothing is kept for a window that is away but what `rememberedJobs` allows. */
export function createEventHub(options: EventHubOptions): EventHub {
  const { nowMs, runId, heartbeatMs = WEB_LIMITS.heartbeatMs } = options;
  const line = new ChangeLine();
  const clients = new Set<Client>();
  let isClosed = false;
  const toId = (sequence: number) => `${runId}.${sequence}`;
  const append = (jobId: string, card: WebCard | undefined) => {
    line.append(jobId, card);
    for (const client of clients) client.wake();
  };

  /** The sequence of a position of this run, or undefined when the window must read the history anew. */
  function parsePosition(position: string | undefined): number | undefined {
    const match = /^([A-Za-z0-9-]+)\.(\d{1,15})$/.exec(position ?? '');
    const sequence = Number(match?.[2]);
    return match?.[1] === runId && line.isKnown(sequence) ? sequence : undefined;
  }

  function nextFrame(
    sequence: number | undefined,
  ): { frame: Uint8Array; sequence: number } | undefined {
    if (sequence === undefined || !line.isKnown(sequence)) {
      return { frame: toFrame('refresh', toId(line.newest), {}), sequence: line.newest };
    }
    const entry = line.next(sequence);
    if (entry === undefined) return undefined;
    const [jobId, change] = entry;
    const frame =
      change.card === undefined
        ? toFrame('remove', toId(change.sequence), { jobId })
        : toFrame('card', toId(change.sequence), change.card);
    return { frame, sequence: change.sequence };
  }

  function makeRoom(): boolean {
    if (clients.size < WEB_LIMITS.eventClients) return true;
    const stalled = [...clients].find(
      (client) => nowMs() - client.lastReadAtMs > WEB_LIMITS.stalledAfterMs + heartbeatMs,
    );
    stalled?.close();
    return stalled !== undefined;
  }

  return {
    publish: (card) => append(card.jobId, card),
    remove: (jobId) => append(jobId, undefined),
    latest: (jobId) => line.get(jobId)?.card,
    position: () => toId(line.newest),
    open(after) {
      if (isClosed || !makeRoom()) return undefined;
      return openStream(parsePosition(after), { nextFrame, clients, nowMs, heartbeatMs });
    },
    clientCount: () => clients.size,
    close() {
      isClosed = true;
      for (const client of clients) client.close();
    },
  };
}

interface StreamContext {
  nextFrame: (sequence: number | undefined) => { frame: Uint8Array; sequence: number } | undefined;
  clients: Set<Client>;
  nowMs: () => number;
  heartbeatMs: number;
}

/** One window's stream. Nothing is queued: `pull` is called when the connection can take more. */
function openStream(start: number | undefined, context: StreamContext): ReadableStream<Uint8Array> {
  let sequence = start;
  let isOpen = true;
  const client: Client = { lastReadAtMs: context.nowMs(), wake: () => {}, close: () => {} };
  const end = () => {
    isOpen = false;
    context.clients.delete(client);
    client.wake();
  };
  const waitForChange = () =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, context.heartbeatMs);
      client.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        client.close = () => {
          if (!isOpen) return;
          end();
          controller.close();
        };
        context.clients.add(client);
        controller.enqueue(encoder.encode(`retry: ${WEB_LIMITS.reconnectMs}\n\n`));
      },
      async pull(controller) {
        client.lastReadAtMs = context.nowMs();
        let next = context.nextFrame(sequence);
        if (next === undefined) {
          await waitForChange();
          next = context.nextFrame(sequence);
        }
        if (!isOpen) return;
        sequence = next?.sequence ?? sequence;
        controller.enqueue(next?.frame ?? encoder.encode(': still here\n\n'));
      },
      cancel: end,
    },
    { highWaterMark: 0 },
  );
}

/** A job's log as server-sent events (WHATWG HTML, section 9.2), read at the pace of the reader. */
import { toEventId, type JobLog } from './job-log.ts';

export interface EventStreamOptions {
  log: JobLog;
  /** Events up to this number were seen already. */
  afterSequence: number;
  /** A comment is sent when nothing happened for this long, so that both ends notice a dead connection. */
  heartbeatMs: number;
  /** Ends the stream when the function shuts down. */
  closing: AbortSignal;
}

/** Before the first event: how long a browser waits before it connects again. */
const PREAMBLE = 'retry: 1000\n\n';

/**
 * Ends after `job-end`. Nothing is copied ahead of the reader: a slow one gets the next event of the log when it is
 * ready for it, and the log drops old previews by itself.
 */
export function createEventStream(options: EventStreamOptions): ReadableStream<Uint8Array> {
  const { log, heartbeatMs, closing } = options;
  const encoder = new TextEncoder();
  const readerGone = new AbortController();
  const signal = AbortSignal.any([closing, readerGone.signal]);
  let sequence = options.afterSequence;

  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        controller.enqueue(encoder.encode(PREAMBLE));
      },
      async pull(controller) {
        if (log.next(sequence) === undefined && !log.hasEnded) {
          await log.changed({ timeoutMs: heartbeatMs, signal });
        }
        if (readerGone.signal.aborted) return;
        const event = log.next(sequence);
        if (event !== undefined) {
          sequence = event.sequence;
          const id = toEventId(log.logId, sequence);
          controller.enqueue(encoder.encode(`id: ${id}\ndata: ${JSON.stringify(event)}\n\n`));
        } else if (log.hasEnded || signal.aborted) {
          controller.close();
        } else {
          controller.enqueue(encoder.encode(': still here\n\n'));
        }
      },
      cancel() {
        readerGone.abort();
      },
    },
    { highWaterMark: 1 },
  );
}

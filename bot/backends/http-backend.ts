/** The GPU function over HTTP, wherever it runs. Cut connections are mended here; the core never sees them. */
import * as z from 'zod';
import { GenerationError } from '#contract/generation-error.ts';
import { healthSchema } from '#contract/health.ts';
import { jobEventSchema, type JobEvent } from '#contract/job-event.ts';
import type { JobId } from '#contract/job.ts';
import { modelDescriptionSchema } from '#contract/model-description.ts';
import type { Backend } from '../core/ports.ts';
import { createHttpCaller, type CallerOptions, type HttpCaller } from './http-caller.ts';
import { readEventStream } from './read-event-stream.ts';

export interface HttpBackendOptions extends CallerOptions {
  /** An event stream that is silent for longer is taken as dead; the function speaks every 15 seconds. */
  silenceMaxMs?: number;
}

const SILENCE_MAX_MS = 45_000;
/** A body with a large start image, or a large picture, over a slow line. */
const TRANSFER_TIMEOUT_MS = 120_000;

/** Nothing is sent before the first call; a function that cannot be reached is told by each call, as `unreachable`. */
export function createHttpBackend(options: HttpBackendOptions): Backend {
  const caller = createHttpCaller(options);
  const silenceMaxMs = options.silenceMaxMs ?? SILENCE_MAX_MS;
  return {
    async submit({ id, request, owner }) {
      const body = JSON.stringify({ request, owner });
      const path = `/jobs/${id}`;
      await caller.call({ method: 'PUT', path, body, timeoutMs: TRANSFER_TIMEOUT_MS });
    },
    async cancel(jobId) {
      try {
        await caller.call({ method: 'DELETE', path: `/jobs/${jobId}` });
      } catch (error) {
        if (!(error instanceof GenerationError && error.code === 'job-unknown')) throw error;
      }
    },
    events: (jobId, signal) => followEvents(jobId, signal, { caller, silenceMaxMs }),
    image(jobId, index) {
      const path = `/jobs/${jobId}/images/${index}`;
      return caller.call({ method: 'GET', path, timeoutMs: TRANSFER_TIMEOUT_MS });
    },
    models: () => callJson(caller, '/models', z.array(modelDescriptionSchema)),
    health: () => callJson(caller, '/health', healthSchema),
  };
}

async function callJson<Schema extends z.ZodType>(
  caller: HttpCaller,
  path: string,
  schema: Schema,
): Promise<z.output<Schema>> {
  const bytes = await caller.call({ method: 'GET', path });
  return parseAnswer(Buffer.from(bytes).toString('utf8'), schema, caller);
}

function parseAnswer<Schema extends z.ZodType>(
  text: string,
  schema: Schema,
  caller: HttpCaller,
): z.output<Schema> {
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    throw caller.toUnexpected(error);
  }
}

interface FollowContext {
  caller: HttpCaller;
  silenceMaxMs: number;
}

/** Connects as often as it takes, each time after the last event that came through. */
async function* followEvents(
  jobId: JobId,
  signal: AbortSignal,
  context: FollowContext,
): AsyncGenerator<JobEvent, void, undefined> {
  const position = { lastEventId: '', hasEnded: false };
  const retry = context.caller.createRetry(signal);
  while (!signal.aborted && !position.hasEnded) {
    // An orderly end without `job-end` has no cause: the function is being shut down.
    let cause: unknown;
    const onLife = () => retry.reset();
    try {
      yield* readConnection(jobId, position, { ...context, signal, onLife });
    } catch (error) {
      if (error instanceof GenerationError) throw error;
      cause = error;
    }
    if (!signal.aborted && !position.hasEnded) await retry.waitOrThrow(cause);
  }
}

interface ConnectionContext extends FollowContext {
  signal: AbortSignal;
  /** Told of events and heartbeats: a job may wait or compute for minutes without an event. */
  onLife: () => void;
}

/** The events of one connection; the position moves on before each is handed out. */
async function* readConnection(
  jobId: JobId,
  position: { lastEventId: string; hasEnded: boolean },
  { caller, silenceMaxMs, signal, onLife }: ConnectionContext,
): AsyncGenerator<JobEvent, void, undefined> {
  const watch = createSilenceWatch(signal, silenceMaxMs);
  try {
    const path = `/jobs/${jobId}/events`;
    const body = await caller.openStream(path, position.lastEventId, watch.signal);
    let chunks = 0;
    const onChunk = () => {
      watch.reset();
      chunks += 1;
      // What opens a stream is no sign of life: a function that is shutting down sends it too, and hangs up.
      if (chunks > 1) onLife();
    };
    for await (const { id, data } of readEventStream(body, onChunk)) {
      onLife();
      const event = parseAnswer(data, jobEventSchema, caller);
      position.lastEventId = id;
      position.hasEnded = event.type === 'job-end';
      yield event;
      if (position.hasEnded) return;
    }
  } finally {
    watch.stop();
  }
}

/** Aborts when nothing was heard for too long, which a half-open connection would never tell. */
function createSilenceWatch(parent: AbortSignal, silenceMaxMs: number) {
  const controller = new AbortController();
  const abort = () => controller.abort();
  const timer = setTimeout(abort, silenceMaxMs);
  if (parent.aborted) abort();
  else parent.addEventListener('abort', abort);
  return {
    signal: controller.signal,
    reset() {
      timer.refresh();
    },
    /** Also closes the connection, should it still be open. */
    stop() {
      clearTimeout(timer);
      parent.removeEventListener('abort', abort);
      controller.abort();
    },
  };
}

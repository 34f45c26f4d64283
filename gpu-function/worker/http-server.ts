/** The function's HTTP API. Handlers only translate: the board and the engine host decide. */
import { Hono, type Context } from 'hono';
import { describeIssue } from '#contract/describe-issue.ts';
import { GenerationError } from '#contract/generation-error.ts';
import { jobIdSchema, jobSubmissionSchema, type JobId } from '#contract/job.ts';
import { JOB_BODY_BYTES_MAX } from '#contract/limits.ts';
import type { EngineHost } from './engine-host.ts';
import { createEventStream } from './event-stream.ts';
import { HttpError, toErrorResponse } from './http-error.ts';
import { checkCaller } from './http-guard.ts';
import { toJobView, type BoardJob, type JobBoard } from './job-board.ts';
import { parseEventId } from './job-log.ts';
import { createOpenApi } from './openapi.ts';
import { createJsonReader } from './read-json.ts';
import { toHealth } from './to-health.ts';

/** Bodies that are being read at the same time, all together. */
const BODIES_BYTES_MAX = 256 * 1024 * 1024;
const HEARTBEAT_MS = 15_000;

export interface HttpServerOptions {
  board: JobBoard;
  host: EngineHost;
  token: string | undefined;
  /** Ends all event streams. */
  closing: AbortSignal;
  nowMs: () => number;
  logger: { error(fields: Record<string, unknown>, message: string): void };
  heartbeatMs?: number;
}

/** A Hono application: `fetch` answers requests, with or without a port. */
export function createHttpServer(options: HttpServerOptions): Hono {
  const { board, host, logger } = options;
  const readJson = createJsonReader({
    bodyBytesMax: JOB_BODY_BYTES_MAX,
    totalBytesMax: BODIES_BYTES_MAX,
  });
  const startedAtMs = options.nowMs();
  const app = new Hono();

  app.onError((error) => {
    const response = toErrorResponse(error);
    if (response.status === 500) logger.error({ err: error }, 'A request failed');
    return response;
  });
  app.notFound((context) => {
    throw new HttpError(
      404,
      `There is nothing at ${shorten(context.req.path)}; see /openapi.json.`,
    );
  });
  app.use(async (context, next) => {
    // Whoever watches over containers has no token, and learns nothing that matters here.
    const isOpenToAll = context.req.path === '/health' && options.token !== undefined;
    if (!isOpenToAll) checkCaller(context.req.raw.headers, options);
    await next();
    context.header('X-Content-Type-Options', 'nosniff');
  });

  app.put('/jobs/:id', async (context) => {
    const id = parseJobId(context);
    refuseWhenDefunct(host);
    const submission = parseSubmission(await readJson(context.req.raw));
    const { job, isNew } = board.submit({ ...submission, id });
    return context.json(toJobView(job), isNew ? 202 : 200);
  });
  app.get('/jobs/:id', (context) => context.json(toJobView(findJob(board, context))));
  app.delete('/jobs/:id', (context) => {
    const job = findJob(board, context);
    board.cancel(job.id);
    return context.json(toJobView(job), job.log.hasEnded ? 200 : 202);
  });
  app.get('/jobs/:id/events', (context) => streamEvents(findJob(board, context), context, options));
  app.get('/jobs/:id/images/:index', (context) =>
    sendImage(findJob(board, context), context, board),
  );
  app.get('/health', (context) =>
    context.json(toHealth(host.status(), board.counts(), options.nowMs() - startedAtMs), 200, {
      'Cache-Control': 'no-store',
    }),
  );
  app.get('/models', async (context) => context.json(await host.models()));
  app.get('/openapi.json', (context) => context.json(createOpenApi()));
  return app;
}

function parseJobId(context: Context): JobId {
  const id = context.req.param('id');
  const parsed = jobIdSchema.safeParse(id);
  if (parsed.success) return parsed.data;
  throw new HttpError(400, describeIssue(parsed.error, id, 'The job id'));
}

function findJob(board: JobBoard, context: Context): BoardJob {
  const id = parseJobId(context);
  const job = board.find(id);
  if (job !== undefined) return job;
  throw new GenerationError(
    'job-unknown',
    `The job ${id} is not known here: it was never sent, or the function was restarted; send it again.`,
    { isRetryable: true },
  );
}

function parseSubmission(body: unknown) {
  const parsed = jobSubmissionSchema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new GenerationError('invalid-request', describeIssue(parsed.error, body));
}

function refuseWhenDefunct(host: EngineHost): void {
  const { phase, problem } = host.status();
  if (phase !== 'defunct') return;
  throw new GenerationError('not-ready', problem ?? 'The engine keeps ending; try again later.', {
    isRetryable: true,
  });
}

function streamEvents(job: BoardJob, context: Context, options: HttpServerOptions): Response {
  const stream = createEventStream({
    log: job.log,
    afterSequence: parseEventId(job.log.logId, context.req.header('last-event-id')),
    heartbeatMs: options.heartbeatMs ?? HEARTBEAT_MS,
    closing: options.closing,
  });
  const headers = {
    'Content-Type': 'text/event-stream',
    'Cache-Control': 'no-cache, no-transform',
    // nginx would otherwise collect the events and pass them on in lumps.
    'X-Accel-Buffering': 'no',
  };
  return new Response(stream, { headers });
}

function sendImage(job: BoardJob, context: Context, board: JobBoard): Response {
  const text = context.req.param('index') ?? '';
  const { state } = job.log;
  if (state.status !== 'succeeded') {
    throw new HttpError(
      409,
      `The job ${job.id} is ${state.status}; its pictures exist once it has succeeded.`,
    );
  }
  const image = /^\d{1,3}$/.test(text) ? job.images[Number(text)] : undefined;
  if (image === undefined) {
    throw new HttpError(
      404,
      `The job ${job.id} has no picture ${shorten(text)}; it has 0 to ${job.images.length - 1}.`,
    );
  }
  const { images, clip } = state.result;
  const description = [...images, ...(clip === undefined ? [] : [clip])][Number(text)];
  const headers = {
    'Content-Type': description?.mediaType ?? 'image/png',
    'Content-Length': String(image.byteLength),
    'Cache-Control': 'private, max-age=31536000, immutable',
    ETag: `"${description?.sha256 ?? ''}"`,
  };
  board.noteCollected(job.id, Number(text));
  return new Response(Uint8Array.from(image), { headers });
}

function shorten(text: string): string {
  return JSON.stringify(text.slice(0, 100));
}

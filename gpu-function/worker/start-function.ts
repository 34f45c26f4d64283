/** Puts the function together around an engine: jobs, HTTP, the printed address, the end in good order. */
import { randomBytes } from 'node:crypto';
import type { Server } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { createAdaptorServer } from '@hono/node-server';
import { GenerationError } from '#contract/generation-error.ts';
import type { EngineHost } from './engine-host.ts';
import { createHttpServer } from './http-server.ts';
import { createJobBoard, readJobImage, type BoardLimits, type JobBoard } from './job-board.ts';
import { runJobs } from './run-job.ts';

const SWEEP_INTERVAL_MS = 60_000;
const CONNECTIONS_MAX = 512;
/** For a whole body to arrive: the largest one over a slow line. */
const REQUEST_TIMEOUT_MS = 120_000;
const EXIT_CODE_REFUSED = 2;
const COLLECT_GRACE_MS = 5_000;
const COLLECT_POLL_MS = 50;

export interface FunctionOptions {
  engineHost: EngineHost;
  host: string;
  /** 0 takes any free port. */
  port: number;
  token: string | undefined;
  limits: BoardLimits;
  jobTimeoutMs: number;
  /** Told to stop by SIGTERM, the job that is being drawn may take this long. */
  shutdownGraceMs: number;
  logger: {
    info(fields: Record<string, unknown>, message: string): void;
    error(fields: Record<string, unknown>, message: string): void;
  };
}

/** The one line on standard output: `listening` with the address, or `refused` with the sentence that says why. */
type StatusLine =
  | { event: 'listening'; url: string; processId: number }
  | { event: 'refused'; message: string };

/**
 * Resolves when it listens; throws GenerationError when it cannot. SIGINT, a second SIGTERM and the end of the process that
 * forked this one end it at once; the first SIGTERM lets the job that is being drawn come to its end and be collected.
 * Jobs that are open after that are forgotten, and their callers send them again.
 */
export async function startFunction(options: FunctionOptions): Promise<void> {
  const { engineHost, token, logger, limits, jobTimeoutMs } = options;
  const nowMs = () => Date.now();
  const newLogId = () => randomBytes(6).toString('hex');
  const board = createJobBoard({ limits, nowMs, newLogId });
  const closing = new AbortController();
  const { signal } = closing;
  const app = createHttpServer({ board, host: engineHost, token, closing: signal, nowMs, logger });
  const server = createAdaptorServer({ fetch: app.fetch }) as Server;
  server.maxConnections = CONNECTIONS_MAX;
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  const readImage = (key: string) => readJobImage(board, key);
  const jobs = runJobs(
    board,
    { host: engineHost, timeoutMs: jobTimeoutMs, logger, readImage },
    signal,
  );
  const sweeping = setInterval(() => board.sweep(), SWEEP_INTERVAL_MS);

  const stop = async () => {
    if (signal.aborted) return;
    closing.abort();
    clearInterval(sweeping);
    server.close();
    await Promise.all([engineHost.close(), jobs]);
    server.closeAllConnections();
    if (process.connected) process.disconnect();
  };
  const drain = async () => {
    const { shutdownGraceMs } = options;
    logger.info({ shutdownGraceMs }, 'Told to stop: no further job is taken');
    board.stopTaking();
    const grace = delay(shutdownGraceMs, undefined, { signal }).catch(() => undefined);
    await Promise.race([jobs.then(() => untilCollected(board, signal)), grace]);
    await stop();
  };
  // Ctrl-C reaches every process of the terminal; a forked function leaves the order of the end to its parent.
  const isForked = process.connected;
  process.on('SIGINT', () => void (isForked || stop()));
  process.once('SIGTERM', () => {
    process.once('SIGTERM', () => void stop());
    void (isForked ? stop() : drain());
  });
  process.once('disconnect', () => void stop());
  try {
    const url = await listen(server, options);
    print({ event: 'listening', url, processId: process.pid });
    logger.info({ url }, 'Listening');
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Pictures live in this process alone: whoever waited for them may fetch them before it goes. */
async function untilCollected(board: JobBoard, signal: AbortSignal): Promise<void> {
  const endMs = Date.now() + COLLECT_GRACE_MS;
  while (board.hasUncollected() && Date.now() < endMs && !signal.aborted) {
    await delay(COLLECT_POLL_MS);
  }
}

/** Runs a composition root: a mistake in the configuration becomes the `refused` line and exit code 2. */
export async function runOrRefuse(main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof GenerationError)) throw error;
    print({ event: 'refused', message: error.message });
    process.exitCode = EXIT_CODE_REFUSED;
    if (process.connected) process.disconnect();
  }
}

function listen(server: Server, { port, host }: FunctionOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        new GenerationError(
          'invalid-request',
          `Nothing can listen at ${host}:${port} (${error.code}); set PORT to a free port, or to 0 for any, and HOST to an address of this machine.`,
        ),
      );
    });
    server.listen(port, host, () => {
      const address = server.address();
      const actualPort = typeof address === 'object' ? address?.port : port;
      resolve(`http://${host.includes(':') ? `[${host}]` : host}:${actualPort}`);
    });
  });
}

function print(line: StatusLine): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

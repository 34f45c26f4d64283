/** Composition root of the GPU function: configuration, engine, jobs, HTTP. Prints its address in one JSON line. */
import { randomBytes } from 'node:crypto';
import type { Server } from 'node:http';
import { join } from 'node:path';
import { createAdaptorServer } from '@hono/node-server';
import pino, { type Logger } from 'pino';
import { GenerationError } from '#contract/generation-error.ts';
import { parseConfig, type GpuFunctionConfig } from './config.ts';
import type { EngineHost } from './worker/engine-host.ts';
import { createEngineInProcess } from './worker/engine-in-process.ts';
import type { EngineOptions } from './worker/engine-main.ts';
import { createEngineProcess, SUPERVISION_LIMITS } from './worker/engine-process.ts';
import { createHttpServer } from './worker/http-server.ts';
import { BOARD_LIMITS, createJobBoard } from './worker/job-board.ts';
import { runJobs } from './worker/run-job.ts';

const SWEEP_INTERVAL_MS = 60_000;
const CONNECTIONS_MAX = 512;
/** For a whole body to arrive: the largest one over a slow line. */
const REQUEST_TIMEOUT_MS = 120_000;
const ENGINE_ENTRY = join(import.meta.dirname, 'worker', 'engine-main.ts');
const EXIT_CODE_REFUSED = 2;

/** The one line on standard output: `listening` with the address, or `refused` with the sentence that says why. */
type StatusLine =
  | { event: 'listening'; url: string; processId: number }
  | { event: 'refused'; message: string };

async function main(): Promise<void> {
  const config = parseConfig(process.env);
  const logger = createLogger(config);
  const nowMs = () => Date.now();
  const board = createJobBoard({
    limits: {
      ...BOARD_LIMITS,
      waitingMax: config.queueMax,
      waitingPerOwnerMax: config.queuePerOwnerMax,
    },
    nowMs,
    newLogId: () => randomBytes(6).toString('hex'),
  });
  const closing = new AbortController();
  const host = await createHost(config, logger);
  const { token } = config;
  const app = createHttpServer({ board, host, token, closing: closing.signal, nowMs, logger });
  const server = createAdaptorServer({ fetch: app.fetch }) as Server;
  server.maxConnections = CONNECTIONS_MAX;
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  const jobs = runJobs(board, { host, timeoutMs: config.jobTimeoutMs, logger }, closing.signal);
  const sweeping = setInterval(() => board.sweep(), SWEEP_INTERVAL_MS);

  const stop = async () => {
    if (closing.signal.aborted) return;
    closing.abort();
    clearInterval(sweeping);
    server.close();
    await Promise.all([host.close(), jobs]);
    server.closeAllConnections();
    if (process.connected) process.disconnect();
  };
  stopWithTheWorld(() => void stop());
  try {
    const url = await listen(server, config);
    print({ event: 'listening', url, processId: process.pid });
    logger.info({ url }, 'Listening');
  } catch (error) {
    await stop();
    throw error;
  }
}

function createLogger(config: GpuFunctionConfig): Logger {
  const redact = ['token', '*.token', 'authorization', '*.authorization', 'err.config', 'env'];
  const level = config.logLevel;
  return pino({ name: 'gpu-function', level, redact }, pino.destination(2));
}

async function createHost(config: GpuFunctionConfig, logger: Logger): Promise<EngineHost> {
  const options: EngineOptions = {
    modelDir: config.modelDir,
    defaultModelId: config.defaultModelId,
    provider: config.executionProvider,
    threads: config.threads,
    logLevel: config.logLevel,
  };
  const nowMs = () => performance.now();
  switch (config.isolation) {
    case 'process': {
      // The engine draws; it needs to know nothing that opens a door.
      const { GPU_FUNCTION_TOKEN: _secret, ...environment } = process.env;
      return createEngineProcess({
        entryPath: ENGINE_ENTRY,
        entryArguments: [JSON.stringify(options)],
        environment,
        niceness: config.niceness,
        limits: { ...SUPERVISION_LIMITS, cancelGraceMs: config.cancelGraceMs },
        logger,
        nowMs,
      });
    }
    case 'none': {
      // Loaded only here, so that ONNX Runtime is not in the memory of a process that does not draw.
      const { createEngineSetup } = await import('./worker/engine-main.ts');
      return createEngineInProcess({ setup: createEngineSetup(options), logger, nowMs });
    }
  }
}

function listen(server: Server, { port, host }: GpuFunctionConfig): Promise<string> {
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

/** Signals end the function; so does the end of the process that forked it, so that nothing is left behind. */
function stopWithTheWorld(stop: () => void): void {
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  process.once('disconnect', stop);
}

function print(line: StatusLine): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

try {
  await main();
} catch (error) {
  if (!(error instanceof GenerationError)) throw error;
  print({ event: 'refused', message: error.message });
  process.exitCode = EXIT_CODE_REFUSED;
}

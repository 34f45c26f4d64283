/** The function's own parts around the scripted engine, on a real port of this machine, for one test. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createAdaptorServer } from '@hono/node-server';
import type { GenerateRequest } from '#contract/generation-request.ts';
import type { JobEvent } from '#contract/job-event.ts';
import type { Job } from '#contract/job.ts';
import { createHttpBackend } from '../../bot/backends/http-backend.ts';
import type { Backend } from '../../bot/core/ports.ts';
import type { EngineHost } from '../../gpu-function/worker/engine-host.ts';
import {
  createEngineProcess,
  SUPERVISION_LIMITS,
  type SupervisionLimits,
} from '../../gpu-function/worker/engine-process.ts';
import { createHttpServer } from '../../gpu-function/worker/http-server.ts';
import {
  BOARD_LIMITS,
  createJobBoard,
  type BoardLimits,
  type JobBoard,
} from '../../gpu-function/worker/job-board.ts';
import { runJobs } from '../../gpu-function/worker/run-job.ts';
import { createRequest } from './create-request.ts';
import type { ScriptedEngineOptions } from './scripted-engine.ts';
import { createSilentLogger } from './silent-logger.ts';

/** Modules to run as processes. */
export const SCRIPTED_FUNCTION = join(import.meta.dirname, 'scripted-function-main.ts');
export const BOT_WITH_FUNCTION = join(import.meta.dirname, 'bot-with-function-main.ts');
const SCRIPTED_ENGINE = join(import.meta.dirname, 'scripted-engine-main.ts');

export interface RunningFunctionOptions {
  engine?: Partial<ScriptedEngineOptions>;
  supervision?: Partial<SupervisionLimits>;
  board?: Partial<BoardLimits>;
  jobTimeoutMs?: number;
  token?: string;
  heartbeatMs?: number;
  /** 0 takes any free port. */
  port?: number;
}

export interface RunningFunction {
  url: string;
  port: number;
  host: EngineHost;
  board: JobBoard;
  server: Server;
  stop(): Promise<void>;
}

export function createScriptedProcess(
  engine: Partial<ScriptedEngineOptions> = {},
  supervision: Partial<SupervisionLimits> = {},
  entryPath = SCRIPTED_ENGINE,
): EngineHost {
  return createEngineProcess({
    entryPath,
    entryArguments: [JSON.stringify({ stepMs: 5, loadMs: 5, ...engine })],
    environment: process.env,
    niceness: 0,
    limits: { ...SUPERVISION_LIMITS, ...supervision },
    logger: createSilentLogger(),
    nowMs: () => performance.now(),
  });
}

export async function startRunningFunction(
  options: RunningFunctionOptions = {},
): Promise<RunningFunction> {
  const host = createScriptedProcess(options.engine, options.supervision);
  let logs = 0;
  const board = createJobBoard({
    limits: { ...BOARD_LIMITS, ...options.board },
    nowMs: () => Date.now(),
    newLogId: () => `log${Date.now().toString(36)}x${(logs += 1)}`,
  });
  const closing = new AbortController();
  const { signal } = closing;
  const app = createHttpServer({
    board,
    host,
    token: options.token,
    closing: signal,
    logger: createSilentLogger(),
    ...(options.heartbeatMs !== undefined && { heartbeatMs: options.heartbeatMs }),
    nowMs: () => performance.now(),
  });
  const server = createAdaptorServer({ fetch: app.fetch }) as Server;
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const timeoutMs = options.jobTimeoutMs ?? 60_000;
  const jobs = runJobs(board, { host, timeoutMs, logger: createSilentLogger() }, signal);
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    host,
    board,
    server,
    async stop() {
      closing.abort();
      server.close();
      await Promise.all([host.close(), jobs]);
      server.closeAllConnections();
    },
  };
}

export function toJob(id: string, changes: Partial<GenerateRequest> = {}, owner = 'ada'): Job {
  return { id, owner, request: createRequest(changes) };
}

/** Reads until `isEnough`, or the end; every event read. */
export async function collectEvents(
  events: AsyncIterable<JobEvent>,
  isEnough: (event: JobEvent) => boolean = () => false,
): Promise<JobEvent[]> {
  const seen: JobEvent[] = [];
  for await (const event of events) {
    seen.push(event);
    if (isEnough(event)) break;
  }
  return seen;
}

/** The function that runs behind this address, as a bot reaches it. */
export function backendAt(url: string): Backend {
  return createHttpBackend({
    endpoint: { url, token: undefined },
    closing: new AbortController().signal,
  });
}

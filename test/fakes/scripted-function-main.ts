/** The whole GPU function with the scripted engine: configuration from the environment as the real one. */
import { join } from 'node:path';
import pino from 'pino';
import { parseConfig } from '../../gpu-function/config.ts';
import {
  createEngineProcess,
  SUPERVISION_LIMITS,
} from '../../gpu-function/worker/engine-process.ts';
import { BOARD_LIMITS } from '../../gpu-function/worker/job-board.ts';
import { runOrRefuse, startFunction } from '../../gpu-function/worker/start-function.ts';

await runOrRefuse(async () => {
  const config = parseConfig(process.env);
  const logger = pino({ level: 'silent' });
  const engineHost = createEngineProcess({
    entryPath: join(import.meta.dirname, 'scripted-engine-main.ts'),
    entryArguments: [JSON.stringify({ stepMs: 20, loadMs: 10 })],
    environment: process.env,
    niceness: 0,
    limits: SUPERVISION_LIMITS,
    logger,
    nowMs: () => performance.now(),
  });
  const { host, port, token, jobTimeoutMs } = config;
  await startFunction({
    shutdownGraceMs: 20_000,
    engineHost,
    host,
    port,
    token,
    limits: BOARD_LIMITS,
    jobTimeoutMs,
    logger,
  });
});

/** The worker on a queue with the scripted engine: configuration from the environment as the real one. */
import { join } from 'node:path';
import pino from 'pino';
import { parseConfig } from '../../../gpu-function/config.ts';
import {
  createEngineProcess,
  SUPERVISION_LIMITS,
} from '../../../gpu-function/worker/engine-process.ts';
import { startQueueWorker } from '../../../gpu-function/worker/start-queue-worker.ts';

const config = parseConfig(process.env);
const logger = pino({ level: config.logLevel }, pino.destination(2));
if (config.queue === undefined) throw new Error('JOB_SOURCE must be sqs');
const engineHost = createEngineProcess({
  entryPath: join(import.meta.dirname, '..', 'scripted-engine-main.ts'),
  entryArguments: [JSON.stringify({ stepMs: 20, loadMs: 10 })],
  environment: process.env,
  niceness: 0,
  limits: SUPERVISION_LIMITS,
  logger,
  nowMs: () => performance.now(),
});
const { queue, jobTimeoutMs } = config;
process.exitCode = await startQueueWorker({ queue, engineHost, jobTimeoutMs, logger });

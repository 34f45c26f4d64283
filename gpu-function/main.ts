/** Composition root of the GPU function: configuration, log, engine. Prints its address in one JSON line. */
import { join } from 'node:path';
import pino, { type Logger } from 'pino';
import { GenerationError } from '#contract/generation-error.ts';
import { checkModelSettings, DOWNLOADED_FOLDER } from '../models/store.ts';
import { parseConfig, type GpuFunctionConfig } from './config.ts';
import type { EngineHost } from './worker/engine-host.ts';
import { createEngineInProcess } from './worker/engine-in-process.ts';
import type { EngineOptions } from './worker/engine-main.ts';
import { createEngineProcess, SUPERVISION_LIMITS } from './worker/engine-process.ts';
import { BOARD_LIMITS } from './worker/job-board.ts';
import { runOrRefuse, startFunction } from './worker/start-function.ts';
import { endOnUnhandledErrors } from './worker/unhandled-errors.ts';

const ENGINE_ENTRY = join(import.meta.dirname, 'worker', 'engine-main.ts');

await runOrRefuse(async () => {
  const given = parseConfig(process.env);
  const logger = createLogger(given);
  endOnUnhandledErrors(logger);
  const config = await withFetchedModel(given, logger);
  await checkModelSettings(config.modelDir, config.defaultModelId);
  const engineHost = await createHost(config, logger);
  if (config.queue !== undefined) {
    // Loaded only here: a function over HTTP needs no SDK.
    const { startQueueWorker } = await import('./worker/start-queue-worker.ts');
    const { queue, jobTimeoutMs } = config;
    process.exitCode = await startQueueWorker({ queue, engineHost, jobTimeoutMs, logger });
    return;
  }
  await startFunction({
    engineHost,
    host: config.host,
    port: config.port,
    token: config.token,
    limits: {
      ...BOARD_LIMITS,
      waitingMax: config.queueMax,
      waitingPerOwnerMax: config.queuePerOwnerMax,
    },
    jobTimeoutMs: config.jobTimeoutMs,
    shutdownGraceMs: config.shutdownGraceMs,
    logger,
  });
});

/** What a bucket holds comes first: without it there is nothing to listen for. */
async function withFetchedModel(
  config: GpuFunctionConfig,
  logger: Logger,
): Promise<GpuFunctionConfig> {
  if (config.modelSource === undefined) return config;
  // Loaded only here: it brings the SDK.
  const { pullFromBucket } = await import('../models/pull/pull-from-bucket.ts');
  const stopping = new AbortController();
  const stop = () => stopping.abort(new GenerationError('not-ready', 'Told to stop.'));
  process.once('SIGTERM', stop);
  const { AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_S3 } = process.env;
  const fetchedId = await pullFromBucket({
    address: config.modelSource,
    modelsFolder: config.modelDir ?? DOWNLOADED_FOLDER,
    isRedirected: (AWS_ENDPOINT_URL_S3 ?? AWS_ENDPOINT_URL) !== undefined,
    signal: stopping.signal,
    logger,
  });
  process.off('SIGTERM', stop);
  return { ...config, defaultModelId: config.defaultModelId ?? fetchedId };
}

/** JSON lines on standard error; standard output belongs to the machine-readable line. */
function createLogger({ logLevel }: GpuFunctionConfig): Logger {
  const redact = ['token', '*.token', 'authorization', '*.authorization', 'environment'];
  return pino({ name: 'gpu-function', level: logLevel, redact }, pino.destination(2));
}

async function createHost(config: GpuFunctionConfig, logger: Logger): Promise<EngineHost> {
  const options: EngineOptions = {
    modelDir: config.modelDir,
    defaultModelId: config.defaultModelId,
    modelMemoryBytesMax: config.modelMemoryBytesMax,
    allowsNonCommercialModels: config.allowsNonCommercialModels,
    provider: config.executionProvider,
    sizeBuckets: [...config.sizeBuckets],
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
      return createEngineInProcess({ setup: createEngineSetup(options, logger), logger, nowMs });
    }
  }
}

/** Composition root of the engine process: the model library on ONNX Runtime under the pipeline. */
import pino from 'pino';
import * as z from 'zod';
import { GenerationError } from '#contract/generation-error.ts';
import { requestedSizeSchema } from '#contract/generation-request.ts';
import type { WarmUp } from '#contract/health.ts';
import { LIMITS } from '#contract/limits.ts';
import { modelFolders } from '../../models/store.ts';
import { createModelLibrary } from '../onnx/model-library.ts';
import { probeProvider, type ProviderReport } from '../onnx/probe-provider.ts';
import { createToolbox } from '../onnx/toolbox.ts';
import { createEngine } from '../pipeline/engine.ts';
import type { EngineSetup } from './engine-host.ts';
import { serveEngine } from './serve-engine.ts';
import { endOnUnhandledErrors } from './unhandled-errors.ts';
import { warmUpSizes } from './warm-up-sizes.ts';

const SIZE_BUCKETS_MAX = 32;

interface EngineStartLogger {
  info(fields: Record<string, unknown>, message: string): void;
}

/** The first command line argument of this module, as JSON. */
const engineOptionsSchema = z.strictObject({
  modelDir: z.string().optional(),
  defaultModelId: z.string().optional(),
  modelMemoryBytesMax: z.int().min(1).optional(),
  allowsNonCommercialModels: z.boolean().optional(),
  provider: z.enum(['cpu', 'cuda']),
  threads: z.int().min(1).optional(),
  /** For providers that are slow at a size they have not seen. */
  sizeBuckets: z.array(requestedSizeSchema).max(SIZE_BUCKETS_MAX),
  logLevel: z.enum(['debug', 'info', 'warn', 'error', 'silent']),
});
export type EngineOptions = z.infer<typeof engineOptionsSchema>;

export function createEngineSetup(options: EngineOptions, logger: EngineStartLogger): EngineSetup {
  const { provider } = options;
  const sizes = provider === 'cuda' ? options.sizeBuckets : [];
  const library = createModelLibrary({
    folders: modelFolders(options.modelDir),
    defaultModelId: options.defaultModelId,
    memoryBytesMax: options.modelMemoryBytesMax,
    allowsNonCommercial: options.allowsNonCommercialModels,
    provider,
    threads: options.threads,
    sizeBuckets: sizes,
  });
  const clock = { nowMs: () => performance.now() };
  const toolbox = createToolbox({
    folders: modelFolders(options.modelDir),
    provider,
    threads: options.threads,
  });
  const engine = createEngine({ library, toolbox, clock });
  let report: ProviderReport | undefined;
  let problem: GenerationError | undefined;
  let warmUps: readonly WarmUp[] = [];
  return {
    engine: {
      ...engine,
      async run(run) {
        // Whoever asked for a GPU is not served by anything else, not even with what needs none.
        if (problem !== undefined) throw problem;
        return engine.run(run);
      },
    },
    executionProvider: provider,
    loadedModelId: () => library.loadedModelId(),
    device: () => report?.device,
    warmUps: () => warmUps,
    async warmUp() {
      report = await probeProvider(provider).catch((error: unknown) => {
        if (error instanceof GenerationError) problem = error;
        throw error;
      });
      logger.info({ ...report }, 'Provider');
      await library.open(undefined);
      warmUps = await warmUpSizes({ engine, clock, sizes, counts: WARM_UP_COUNTS });
      if (warmUps.length > 0) logger.info({ warmUps }, 'Warmed up');
    },
  };
}

/** A job of one picture, and one of the most that can be asked for: CUDA searches anew for every shape. */
const WARM_UP_COUNTS = [1, LIMITS.count.max];

if (import.meta.main) {
  const options = engineOptionsSchema.parse(JSON.parse(process.argv[2] ?? '{}'));
  const logger = pino({ name: 'engine', level: options.logLevel }, pino.destination(2));
  endOnUnhandledErrors(logger);
  await serveEngine(createEngineSetup(options, logger), logger);
}

/** Composition root of the engine process: the model library on ONNX Runtime under the pipeline. */
import pino from 'pino';
import * as z from 'zod';
import { generateRequestSchema } from '#contract/generation-request.ts';
import { LIMITS } from '#contract/limits.ts';
import { modelFolders } from '../../models/store.ts';
import { createModelLibrary } from '../onnx/model-library.ts';
import { createEngine } from '../pipeline/engine.ts';
import type { Engine } from '../pipeline/ports.ts';
import type { EngineSetup } from './engine-host.ts';
import { serveEngine } from './serve-engine.ts';

/** The first command line argument of this module, as JSON. */
const engineOptionsSchema = z.strictObject({
  modelDir: z.string().optional(),
  defaultModelId: z.string().optional(),
  modelMemoryBytesMax: z.int().min(1).optional(),
  allowsNonCommercialModels: z.boolean().optional(),
  provider: z.enum(['cpu', 'cuda']),
  threads: z.int().min(1).optional(),
  logLevel: z.enum(['debug', 'info', 'warn', 'error', 'silent']),
});
export type EngineOptions = z.infer<typeof engineOptionsSchema>;

export function createEngineSetup(options: EngineOptions): EngineSetup {
  const library = createModelLibrary({
    folders: modelFolders(options.modelDir),
    defaultModelId: options.defaultModelId,
    memoryBytesMax: options.modelMemoryBytesMax,
    allowsNonCommercial: options.allowsNonCommercialModels,
    provider: options.provider,
    threads: options.threads,
  });
  const engine = createEngine({ library, clock: { nowMs: () => performance.now() } });
  return {
    engine,
    executionProvider: options.provider,
    loadedModelId: () => library.loadedModelId(),
    async warmUp() {
      await library.open(undefined);
      for (const count of WARM_UP_COUNTS[options.provider]) await drawOneStep(engine, count);
    },
  };
}

/**
 * Numbers of pictures that are drawn once before the engine is ready. CUDA searches the best convolutions anew for every
 * shape, which takes seconds; a processor's first run is as quick as its second.
 */
const WARM_UP_COUNTS = { cpu: [], cuda: [1, LIMITS.count.max] } as const;

async function drawOneStep(engine: Engine, count: number): Promise<void> {
  const request = generateRequestSchema.parse({
    kind: 'generate',
    prompt: 'a red apple',
    seed: 0,
    steps: 1,
    count,
  });
  const job = { id: 'warm-up', owner: 'warm-up', request };
  await engine.run({ job, report: () => undefined, isCanceled: () => false });
}

if (import.meta.main) {
  const options = engineOptionsSchema.parse(JSON.parse(process.argv[2] ?? '{}'));
  const logger = pino({ name: 'engine', level: options.logLevel }, pino.destination(2));
  await serveEngine(createEngineSetup(options), logger);
}

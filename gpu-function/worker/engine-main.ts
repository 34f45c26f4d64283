/** Composition root of the engine process: the model library on ONNX Runtime under the pipeline. */
import pino from 'pino';
import * as z from 'zod';
import { modelFolders } from '../../models/store.ts';
import { createModelLibrary } from '../onnx/model-library.ts';
import { createEngine } from '../pipeline/engine.ts';
import type { EngineSetup } from './engine-host.ts';
import { serveEngine } from './serve-engine.ts';

/** The first command line argument of this module, as JSON. */
const engineOptionsSchema = z.strictObject({
  modelDir: z.string().optional(),
  defaultModelId: z.string().optional(),
  provider: z.enum(['cpu', 'cuda']),
  threads: z.int().min(1).optional(),
  logLevel: z.enum(['debug', 'info', 'warn', 'error', 'silent']),
});
export type EngineOptions = z.infer<typeof engineOptionsSchema>;

export function createEngineSetup(options: EngineOptions): EngineSetup {
  const library = createModelLibrary({
    folders: modelFolders(options.modelDir),
    defaultModelId: options.defaultModelId,
    provider: options.provider,
    threads: options.threads,
  });
  return {
    engine: createEngine({ library, clock: { nowMs: () => performance.now() } }),
    executionProvider: options.provider,
    loadedModelId: () => library.loadedModelId(),
    async warmUp() {
      await library.open(undefined);
    },
  };
}

if (import.meta.main) {
  const options = engineOptionsSchema.parse(JSON.parse(process.argv[2] ?? '{}'));
  const logger = pino({ name: 'engine', level: options.logLevel }, pino.destination(2));
  await serveEngine(createEngineSetup(options), logger);
}

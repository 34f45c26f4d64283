/** The engine: one job in, pictures out, events on the way. */
import { generateImages } from './generate-images.ts';
import type { Clock, Engine, EngineOutcome, EngineRun, ModelLibrary } from './ports.ts';
import { upscaleImage } from './upscale-image.ts';

export interface EngineOptions {
  library: ModelLibrary;
  clock: Clock;
}

export function createEngine({ library, clock }: EngineOptions): Engine {
  return {
    models: () => library.list(),
    run: (run) => runJob(run, library, clock),
    close: () => library.close(),
  };
}

async function runJob(run: EngineRun, library: ModelLibrary, clock: Clock): Promise<EngineOutcome> {
  const { request } = run.job;
  switch (request.kind) {
    case 'generate': {
      const startedAtMs = clock.nowMs();
      if (await needsLoading(library, request.modelId)) {
        run.report({ type: 'engine-loading', stage: 'model', attempt: 1 });
      }
      const model = await library.open(request.modelId);
      return generateImages({ request, model, run, clock, startedAtMs });
    }
    case 'upscale':
      return upscaleImage(request, run, clock);
  }
}

/** Whether opening the model will take a while, so that the person is told. */
async function needsLoading(library: ModelLibrary, modelId: string | undefined): Promise<boolean> {
  const loaded = library.loadedModelId();
  if (loaded === undefined) return true;
  if (modelId !== undefined) return modelId !== loaded;
  const models = await library.list();
  return models.find((model) => model.isDefault)?.id !== loaded;
}

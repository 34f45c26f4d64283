/** The engine: one job in, pictures out, events on the way. */
import { animatePrompts } from './animation/animate-prompts.ts';
import { generateImages } from './generate-images.ts';
import type { Clock, Engine, EngineOutcome, EngineRun, ModelLibrary, Toolbox } from './ports.ts';
import { ratePictures } from './rate-pictures.ts';
import { upscaleImage } from './upscale-image.ts';

export interface EngineOptions {
  library: ModelLibrary;
  /** Upscalers and raters; without it an enlargement is plain resampling. */
  toolbox?: Toolbox | undefined;
  clock: Clock;
}

export function createEngine(options: EngineOptions): Engine {
  const { library, toolbox } = options;
  return {
    models: () => library.list(),
    abilities: async () => ({
      upscalers: (await toolbox?.listUpscalers()) ?? [],
      ratesPictures: (await toolbox?.hasRater()) ?? false,
    }),
    run: async (run) => ratePictures(await runJob(run, options), toolbox),
    async close() {
      await toolbox?.close();
      await library.close();
    },
  };
}

async function runJob(run: EngineRun, options: EngineOptions): Promise<EngineOutcome> {
  const { library, toolbox, clock } = options;
  const { request } = run.job;
  const openModel = (modelId: string | undefined) =>
    library.open(modelId, () => run.report({ type: 'engine-loading', stage: 'model', attempt: 1 }));
  switch (request.kind) {
    case 'generate': {
      const startedAtMs = clock.nowMs();
      const model = await openModel(request.modelId);
      return generateImages({ request, model, run, clock, startedAtMs });
    }
    case 'upscale':
      return upscaleImage({ request, run, clock, toolbox, openModel });
    case 'animate': {
      const startedAtMs = clock.nowMs();
      const model = await openModel(request.modelId);
      return animatePrompts({ request, model, run, clock, startedAtMs });
    }
  }
}

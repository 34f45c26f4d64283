/** The engine: one job in, pictures out, events on the way. */
import { GenerationError } from '#contract/generation-error.ts';
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
      const model = await library.open(request.modelId, () =>
        run.report({ type: 'engine-loading', stage: 'model', attempt: 1 }),
      );
      return generateImages({ request, model, run, clock, startedAtMs });
    }
    case 'upscale':
      return upscaleImage(request, run, clock);
    case 'animate':
      throw new GenerationError(
        'ability-missing',
        'This image function makes no prompt walks; ask for single pictures.',
      );
  }
}

/** Trajectory consistency distillation: a jump to a cleaner level, noise up to the next. https://arxiv.org/abs/2402.19159 */
import { combine } from '../combine.ts';
import { toClean, toNoise } from '../convert-output.ts';
import { f32 } from '../float32.ts';
import { CLEAN_LEVEL } from '../noise-level.ts';
import type { CreateSampler } from '../sampler.ts';
import { distilledTimesteps } from '../schedules/trained-schedule.ts';
import { createLevelLookup } from '../trained-table.ts';
import { countCalls } from './count-calls.ts';

/** The paper's gamma. */
const ETA = 0.3;

export const createTcd: CreateSampler = ({ config, request, options }) => {
  const eta = options.eta ?? ETA;
  const levelAt = createLevelLookup(config);
  const timesteps = distilledTimesteps(config, request, request.originalSteps !== undefined);
  const noiseLevels = timesteps.map(levelAt);
  const steps = request.timesteps?.length ?? request.steps;
  return {
    timesteps,
    initialNoiseScale: 1,
    callsPerStep: 1,
    noiseLevels,
    inputScale: () => 1,
    start: (firstCall) =>
      countCalls(firstCall, (index, call) => {
        const level = noiseLevels[index] ?? CLEAN_LEVEL;
        const denoised = toClean(config.prediction_type, level, call);
        const noise = toNoise(config.prediction_type, level, call);
        const next = timesteps[index + 1] ?? 0;
        const target = levelAt(Math.floor(f32(f32(1 - eta) * next)));
        const jump = [
          [target.alpha, denoised],
          [target.sigma, noise],
        ] as const;
        if (eta === 0 || index === steps - 1) return { sample: combine(...jump), denoised };
        const keep = levelAt(next).alpha / target.alpha;
        const fresh = Math.sqrt(Math.max(1 - keep ** 2, 0));
        return {
          sample: combine(
            [keep * target.alpha, denoised],
            [keep * target.sigma, noise],
            [fresh, call.drawNoise()],
          ),
          denoised,
        };
      }),
  };
};

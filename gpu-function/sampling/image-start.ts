/** Where a run from a picture begins: the three rules of the reference's pipelines. */
import type { SamplerId } from '#contract/generation-request.ts';
import type { ScheduleRequest } from './sampler.ts';
import { unsupported } from './unsupported.ts';

/**
 * `steps`: the last int(n · strength) steps are run (Stable Diffusion, SDXL).
 * `start`: the first int(n - n · strength) steps are left out (SD3, FLUX).
 * `schedule`: all n steps are run, spread over that share of the schedule (the LCM pipeline's own; LCM and TCD samplers only).
 */
export type StrengthRule = 'steps' | 'start' | 'schedule';

export interface ImageStart {
  /** The first step that is run, from 0. */
  step: number;
  schedule: Pick<ScheduleRequest, 'scheduleStrength'>;
}

/** @throws GenerationError `sampler-unsupported` */
export function firstCallOf({
  sampler,
  steps,
  strength,
  strengthRule = sampler === 'flow-match-euler' ? 'start' : 'steps',
}: {
  sampler: SamplerId;
  steps: number;
  strength?: number | undefined;
  strengthRule?: StrengthRule | undefined;
}): ImageStart {
  if (strength === undefined) return { step: 0, schedule: {} };
  if (!(strength >= 0 && strength <= 1)) {
    throw unsupported(`A strength of ${strength} is out of range; choose 0 to 1.`);
  }
  switch (strengthRule) {
    case 'steps':
      return { step: steps - Math.min(Math.trunc(steps * strength), steps), schedule: {} };
    case 'start':
      return { step: Math.trunc(Math.max(steps - steps * strength, 0)), schedule: {} };
    case 'schedule':
      if (sampler !== 'lcm' && sampler !== 'tcd') return firstCallOf({ sampler, steps, strength });
      return { step: 0, schedule: { scheduleStrength: strength } };
  }
}

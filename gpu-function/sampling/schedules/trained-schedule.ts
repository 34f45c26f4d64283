/** Whole timesteps at levels that were trained: DDPM, DDIM, PNDM and the distilled samplers. */
import type { ResolvedScheduler, ScheduleRequest } from '../sampler.ts';
import {
  leadingTimesteps,
  linspace,
  roundHalfEven,
  trailingTimesteps,
} from '../timestep-spacing.ts';
import { unsupported } from '../unsupported.ts';

/** One a step, noisiest first. */
export function wholeTimesteps(config: ResolvedScheduler, { steps }: ScheduleRequest): number[] {
  const length = config.num_train_timesteps;
  switch (config.timestep_spacing) {
    case 'leading':
      return leadingTimesteps(Math.floor(length / steps), steps, {
        offset: config.steps_offset,
        length,
      });
    case 'trailing':
      return trailingTimesteps(length, steps);
    case 'linspace':
      return linspace(0, length - 1, steps)
        .map(roundHalfEven)
        .toReversed();
    case 'sgm-uniform':
      return linspace(length - 1, 0, steps + 1)
        .slice(0, -1)
        .map(roundHalfEven);
  }
}

/**
 * Picked evenly out of the steps that a distilled model was taught with. https://arxiv.org/abs/2310.04378
 * @param isDense the whole trained schedule is the one to pick from (TCD with a number of its own)
 */
export function distilledTimesteps(
  config: ResolvedScheduler,
  request: ScheduleRequest,
  isDense = false,
): number[] {
  const strength = request.scheduleStrength ?? 1;
  const length = config.num_train_timesteps;
  if (request.timesteps !== undefined) {
    const { timesteps } = request;
    const used = Math.min(Math.trunc(timesteps.length * strength), timesteps.length);
    return timesteps.slice(timesteps.length - used);
  }
  const taught = request.originalSteps ?? config.original_inference_steps;
  if (taught > length) {
    throw unsupported(
      `The model's scheduler_config.json has "original_inference_steps" ${taught}, above its ${length} trained timesteps; repair the model package.`,
    );
  }
  const stride = Math.floor(length / taught);
  const available = isDense
    ? Array.from({ length: Math.trunc(length * strength) }, (_, index) => index)
    : Array.from({ length: Math.trunc(taught * strength) }, (_, index) => (index + 1) * stride - 1);
  if (available.length < request.steps) {
    throw unsupported(
      `This model was distilled in ${taught} steps, of which ${available.length} are in reach, not ${request.steps}; ask for fewer steps.`,
    );
  }
  const descending = available.toReversed();
  const share = descending.length / request.steps;
  return Array.from(
    { length: request.steps },
    (_, index) => descending[Math.floor(index * share)] ?? 0,
  );
}

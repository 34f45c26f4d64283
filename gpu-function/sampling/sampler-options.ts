/** The settings of a sampler from what was asked for and what the model package says. */
import { SAMPLER_LABELS, type SamplerId } from '#contract/generation-request.ts';
import type { SamplerOptions } from './sampler.ts';
import type { SchedulerConfig } from './scheduler-config.ts';
import { unsupported } from './unsupported.ts';

/** DPM++ below this number of steps takes its last step at first order. */
const FEW_STEPS = 15;

export interface OptionsRequest {
  scheduler: SchedulerConfig;
  sampler: SamplerId;
  /** Of the whole table, also where a run starts later. */
  steps: number;
  eta?: number | undefined;
}

/** @throws GenerationError `sampler-unsupported` */
export function toSamplerOptions({
  scheduler,
  sampler,
  steps,
  eta = 0,
}: OptionsRequest): SamplerOptions {
  if (!(eta >= 0 && eta <= 1))
    throw unsupported(`An eta of ${eta} is out of range; choose 0 to 1.`);
  if (eta > 0 && sampler !== 'ddim') {
    throw unsupported(`${SAMPLER_LABELS[sampler]} takes no eta; choose DDIM, or leave eta out.`);
  }
  return {
    eta,
    clipRange:
      scheduler.clip_sample === true ? scheduler.clip_sample_range : Number.POSITIVE_INFINITY,
    variance: toVariance(scheduler, sampler),
    isLastFirstOrder:
      scheduler.final_sigmas_type !== 'sigma_min' ||
      scheduler.euler_at_final === true ||
      (scheduler.lower_order_final !== false && steps < FEW_STEPS),
  };
}

/** DDPM alone reads it; another sampler may draw with a package whose variance is not built. */
function toVariance(scheduler: SchedulerConfig, sampler: SamplerId): SamplerOptions['variance'] {
  const type = scheduler.variance_type ?? 'fixed_small';
  if (sampler !== 'ddpm' || type === 'fixed_small' || type === 'fixed_small_log') return 'small';
  if (type === 'fixed_large') return 'large';
  throw unsupported(`DDPM with the variance ${type} is not supported; choose the sampler ddim.`);
}

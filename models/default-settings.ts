/** The settings a package is drawn with when neither the person nor its manifest says otherwise. */
import type { ModelDefaults } from '#contract/model-description.ts';
import { defaultSampler } from '../gpu-function/sampling/default-sampler.ts';
import type { SchedulerConfig } from '../gpu-function/sampling/scheduler-config.ts';
import type { ModelFamily } from './families.ts';

/** Lin et al. 2023 advise it for zero terminal SNR, where plain guidance over-exposes. */
const ZERO_SNR_RESCALE = 0.7;

/** Sauer et al. 2023: Turbo models were trained for one to four steps, and without guidance. */
const TURBO = { steps: 4, guidanceScale: 0 };

/** For the package's own scheduler and size. */
export function chooseDefaults(
  family: Pick<ModelFamily, 'defaults'>,
  scheduler: SchedulerConfig,
  size: { widthPx: number; heightPx: number },
): ModelDefaults {
  const { sampler, spacing } = defaultSampler(scheduler);
  return {
    ...size,
    ...(isTurbo(scheduler) ? TURBO : family.defaults),
    guidanceRescale: scheduler.rescale_betas_zero_snr ? ZERO_SNR_RESCALE : 0,
    sampler,
    spacing,
  };
}

/** Nothing in a Turbo package says so; no other kind of model has Euler's scheduler with trailing timesteps. */
function isTurbo(scheduler: SchedulerConfig): boolean {
  return (
    scheduler._class_name.startsWith('Euler') &&
    scheduler.given.timestep_spacing === 'trailing' &&
    scheduler.prediction_type === 'epsilon' &&
    !scheduler.rescale_betas_zero_snr
  );
}

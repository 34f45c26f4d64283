/** The settings a package is drawn with when neither the person nor its manifest says otherwise. */
import type { ModelDefaults } from '#contract/model-description.ts';
import { defaultSampler } from '../gpu-function/sampling/default-sampler.ts';
import type { SchedulerConfig } from '../gpu-function/sampling/scheduler-config.ts';

/** DPM++ 2M needs no more; the first-order samplers look finished by then. */
const STEPS = 25;
/** The reference's own for Stable Diffusion. */
const GUIDANCE_SCALE = 7.5;
/** Lin et al. 2023 advise it for zero terminal SNR, where plain guidance over-exposes. */
const ZERO_SNR_RESCALE = 0.7;

/** For the package's own scheduler and size. */
export function chooseDefaults(
  scheduler: SchedulerConfig,
  size: { widthPx: number; heightPx: number },
): ModelDefaults {
  const { sampler, spacing } = defaultSampler(scheduler);
  return {
    ...size,
    steps: STEPS,
    guidanceScale: GUIDANCE_SCALE,
    guidanceRescale: scheduler.rescale_betas_zero_snr ? ZERO_SNR_RESCALE : 0,
    sampler,
    spacing,
  };
}

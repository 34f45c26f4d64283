/** The settings a package is drawn with when neither the person nor its manifest says otherwise. */
import type { SamplerId, SpacingId } from '#contract/generation-request.ts';
import type { ModelDefaults } from '#contract/model-description.ts';
import type { SchedulerConfig } from '../gpu-function/sampling/scheduler-config.ts';

/** The scheduler classes whose own method is offered; all other packages get DPM++ 2M with Karras sigmas. */
const OWN_METHOD = new Map<string, { sampler: SamplerId; spacing: SpacingId }>([
  ['DDIMScheduler', { sampler: 'ddim', spacing: 'leading' }],
  ['EulerDiscreteScheduler', { sampler: 'euler', spacing: 'linspace' }],
  ['EulerAncestralDiscreteScheduler', { sampler: 'euler-ancestral', spacing: 'linspace' }],
  ['DPMSolverMultistepScheduler', { sampler: 'dpmpp-2m', spacing: 'linspace' }],
]);

/** The reference's guidance for Stable Diffusion, and as many steps as DPM++ 2M needs at most. */
const STEPS = 25;
const GUIDANCE_SCALE = 7.5;
/** Lin et al. 2023 advise it for zero terminal SNR, where plain guidance over-exposes. */
const ZERO_SNR_RESCALE = 0.7;

export function chooseDefaults(
  scheduler: SchedulerConfig,
  size: { widthPx: number; heightPx: number },
): ModelDefaults {
  const own = OWN_METHOD.get(scheduler._class_name);
  const spacing = scheduler.timestep_spacing ?? own?.spacing ?? 'karras';
  return {
    ...size,
    steps: STEPS,
    guidanceScale: GUIDANCE_SCALE,
    guidanceRescale: scheduler.rescale_betas_zero_snr ? ZERO_SNR_RESCALE : 0,
    sampler: own?.sampler ?? 'dpmpp-2m',
    spacing: own === undefined || scheduler.use_karras_sigmas ? 'karras' : spacing,
  };
}

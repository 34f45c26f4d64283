/** `scheduler/scheduler_config.json` with its class's defaults filled in. */
import type { SchedulerConfig } from '../gpu-function/sampling/scheduler-config.ts';
import * as z from 'zod';

/** Classes whose betas differ from 1e-4..0.02 linear when the file leaves them out (diffusers 0.40). */
const WIDE_BETAS = new Set([
  'HeunDiscreteScheduler',
  'KDPM2DiscreteScheduler',
  'KDPM2AncestralDiscreteScheduler',
  'DPMSolverSDEScheduler',
  'LCMScheduler',
  'TCDScheduler',
]);
const SCALED_BETAS = new Set(['LCMScheduler', 'TCDScheduler']);

export const schedulerFileSchema = z
  .looseObject({
    _class_name: z
      .string()
      .refine((name) => !name.startsWith('FlowMatch'), 'flow matching is not supported'),
    num_train_timesteps: z.int().min(1).max(100_000).default(1000),
    beta_start: z.number().positive().max(1).optional(),
    beta_end: z.number().positive().max(1).optional(),
    beta_schedule: z.enum(['linear', 'scaled_linear', 'squaredcos_cap_v2']).optional(),
    trained_betas: z.null('own betas are not supported').optional(),
    prediction_type: z.enum(['epsilon', 'v_prediction', 'sample']).default('epsilon'),
    timestep_spacing: z.enum(['leading', 'trailing', 'linspace']).optional(),
    steps_offset: z.int().min(0).default(0),
    clip_sample: z.boolean().optional(),
    clip_sample_range: z.number().positive().default(1),
    set_alpha_to_one: z.boolean().default(true),
    rescale_betas_zero_snr: z.boolean().default(false),
    use_karras_sigmas: z
      .boolean()
      .nullish()
      .transform((isUsed) => isUsed === true),
    final_sigmas_type: z.enum(['zero', 'sigma_min']).optional(),
    variance_type: z
      .string()
      .nullish()
      .transform((type) => type ?? undefined),
  })
  .transform((file): SchedulerConfig => {
    const isWide = WIDE_BETAS.has(file._class_name);
    return {
      _class_name: file._class_name,
      num_train_timesteps: file.num_train_timesteps,
      beta_start: file.beta_start ?? (isWide ? 0.00085 : 0.0001),
      beta_end: file.beta_end ?? (isWide ? 0.012 : 0.02),
      beta_schedule:
        file.beta_schedule ?? (SCALED_BETAS.has(file._class_name) ? 'scaled_linear' : 'linear'),
      prediction_type: file.prediction_type,
      timestep_spacing: file.timestep_spacing,
      steps_offset: file.steps_offset,
      clip_sample: file.clip_sample,
      clip_sample_range: file.clip_sample_range,
      set_alpha_to_one: file.set_alpha_to_one,
      rescale_betas_zero_snr: file.rescale_betas_zero_snr,
      use_karras_sigmas: file.use_karras_sigmas,
      final_sigmas_type: file.final_sigmas_type,
      variance_type: file.variance_type,
    };
  });

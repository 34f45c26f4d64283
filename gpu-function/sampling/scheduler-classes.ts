/**
 * What the reference's scheduler classes assume where a scheduler_config.json is silent (their defaults differ),
 * and which sampler draws for each. https://huggingface.co/docs/diffusers/api/schedulers/overview
 */
import type { SamplerId } from '#contract/generation-request.ts';
import type { SchedulerKeys } from './scheduler-config.ts';

export interface SchedulerClass {
  sampler: SamplerId;
  defaults: Partial<SchedulerKeys>;
}

const NARROW = { beta_start: 0.00085, beta_end: 0.012 } as const;
const NARROW_SCALED = { ...NARROW, beta_schedule: 'scaled_linear' } as const;
const CLIPPED = { clip_sample: true } as const;
const DEIS_TYPES = { algorithm_type: 'deis', solver_type: 'logrho' } as const;
const EDM = { sigma_min: 0.002, sigma_max: 80, sigma_schedule: 'karras' } as const;
const FLOW = { prediction_type: 'flow_prediction' } as const;

/** Where neither the file nor its class says otherwise. */
export const COMMON_DEFAULTS: SchedulerKeys = {
  num_train_timesteps: 1_000,
  beta_start: 0.0001,
  beta_end: 0.02,
  beta_schedule: 'linear',
  rescale_betas_zero_snr: false,
  prediction_type: 'epsilon',
  steps_offset: 0,
  use_karras_sigmas: false,
  use_exponential_sigmas: false,
  use_beta_sigmas: false,
  use_lu_lambdas: false,
  use_flow_sigmas: false,
  flow_shift: 1,
  final_sigmas_type: 'zero',
  timestep_type: 'discrete',
  interpolation_type: 'linear',
  lambda_min_clipped: Number.NEGATIVE_INFINITY,
  set_alpha_to_one: true,
  original_inference_steps: 50,
  sigma_schedule: 'karras',
  sigma_data: 0.5,
  rho: 7,
  shift: 1,
  use_dynamic_shifting: false,
  base_shift: 0.5,
  max_shift: 1.15,
  base_image_seq_len: 256,
  max_image_seq_len: 4_096,
  invert_sigmas: false,
  time_shift_type: 'exponential',
  stochastic_sampling: false,
  clip_sample: false,
  clip_sample_range: 1,
  thresholding: false,
  dynamic_thresholding_ratio: 0.995,
  sample_max_value: 1,
  solver_order: 2,
  solver_type: 'midpoint',
  algorithm_type: 'dpmsolver++',
  lower_order_final: true,
  euler_at_final: false,
  predict_x0: true,
  disable_corrector: [],
  predictor_order: 2,
  corrector_order: 2,
  skip_prk_steps: false,
  timestep_scaling: 10,
};

const CLASSES: Readonly<Record<string, SchedulerClass>> = {
  DDPMScheduler: { sampler: 'ddpm', defaults: CLIPPED },
  DDIMScheduler: { sampler: 'ddim', defaults: CLIPPED },
  PNDMScheduler: { sampler: 'pndm', defaults: { set_alpha_to_one: false } },
  LMSDiscreteScheduler: { sampler: 'lms', defaults: {} },
  EulerDiscreteScheduler: { sampler: 'euler', defaults: {} },
  EulerAncestralDiscreteScheduler: { sampler: 'euler-ancestral', defaults: {} },
  HeunDiscreteScheduler: { sampler: 'heun', defaults: NARROW },
  KDPM2DiscreteScheduler: { sampler: 'dpm2', defaults: NARROW },
  KDPM2AncestralDiscreteScheduler: { sampler: 'dpm2-ancestral', defaults: NARROW },
  DPMSolverMultistepScheduler: { sampler: 'dpmpp-2m', defaults: {} },
  DPMSolverSinglestepScheduler: {
    sampler: 'dpmpp-singlestep',
    defaults: { lower_order_final: false },
  },
  DPMSolverSDEScheduler: { sampler: 'dpmpp-sde', defaults: NARROW },
  UniPCMultistepScheduler: { sampler: 'unipc', defaults: { solver_type: 'bh2' } },
  DEISMultistepScheduler: { sampler: 'deis', defaults: DEIS_TYPES },
  LCMScheduler: { sampler: 'lcm', defaults: NARROW_SCALED },
  TCDScheduler: { sampler: 'tcd', defaults: NARROW_SCALED },
  FlowMatchEulerDiscreteScheduler: { sampler: 'flow-match-euler', defaults: FLOW },
  EDMEulerScheduler: { sampler: 'edm-euler', defaults: EDM },
  EDMDPMSolverMultistepScheduler: { sampler: 'edm-dpmpp-2m', defaults: EDM },
  IPNDMScheduler: { sampler: 'ipndm', defaults: {} },
  SASolverScheduler: { sampler: 'sa-solver', defaults: { algorithm_type: 'data_prediction' } },
};

/** Undefined for a class that is not built. */
export function schedulerClass(className: string): SchedulerClass | undefined {
  return Object.hasOwn(CLASSES, className) ? CLASSES[className] : undefined;
}

export const SCHEDULER_CLASS_NAMES: readonly string[] = Object.keys(CLASSES);

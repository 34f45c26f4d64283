/** The keys of scheduler_config.json that change pictures: type, range, meaning. */
import * as z from 'zod';

/** Longer tables than anybody trains; bounds the memory that a file can ask for. */
const TRAIN_TIMESTEPS_MAX = 100_000;

const beta = z.number().gt(0).lt(1);
const flag = z.boolean();
const positive = z.number().gt(0).lt(1e9);
const order = z.int().min(1).max(4);

/** JSON has no infinities: they arrive as text (models/python-json.ts). */
const extendedNumber = z.union([
  z.literal(['-Infinity', 'Infinity']).transform(Number),
  z.number(),
]);

/** Noise schedule: what the network was trained with. */
const trainingKeys = {
  num_train_timesteps: z.int().min(2).max(TRAIN_TIMESTEPS_MAX),
  beta_start: beta,
  beta_end: beta,
  beta_schedule: z.enum(['linear', 'scaled_linear', 'squaredcos_cap_v2', 'exp', 'sigmoid']),
  /** Takes the place of the three above. */
  trained_betas: z.array(beta).max(TRAIN_TIMESTEPS_MAX),
  rescale_betas_zero_snr: flag,
  prediction_type: z.enum(['epsilon', 'v_prediction', 'sample', 'flow_prediction']),
};

/** How the steps are spread over the noise levels. */
const spacingKeys = {
  timestep_spacing: z.enum(['leading', 'trailing', 'linspace']),
  /** Added to leading timesteps only. */
  steps_offset: z.int().min(0).max(TRAIN_TIMESTEPS_MAX),
  use_karras_sigmas: flag,
  use_exponential_sigmas: flag,
  use_beta_sigmas: flag,
  use_lu_lambdas: flag,
  use_flow_sigmas: flag,
  flow_shift: positive,
  sigma_min: positive,
  sigma_max: positive,
  /** Whether the last step ends at the picture or at the least noise that was trained. */
  final_sigmas_type: z.enum(['zero', 'sigma_min']),
  timestep_type: z.enum(['discrete', 'continuous']),
  interpolation_type: z.enum(['linear', 'log_linear']),
  /** DPM++: timesteps with a smaller ln(alpha / sigma) are left out, as cosine schedules may need. */
  lambda_min_clipped: extendedNumber,
  /** DDIM's last step ends at the clean picture; otherwise at the first level that was trained. */
  set_alpha_to_one: flag,
  /** LCM and TCD: steps of the distillation's schedule, of which a run picks some. */
  original_inference_steps: z.int().min(1).max(TRAIN_TIMESTEPS_MAX),
  sigma_schedule: z.enum(['karras', 'exponential']),
  sigma_data: positive,
  rho: positive,
};

/** Flow matching. */
const flowKeys = {
  shift: positive,
  use_dynamic_shifting: flag,
  base_shift: z.number(),
  max_shift: z.number(),
  base_image_seq_len: z.int().min(1),
  max_image_seq_len: z.int().min(1),
  invert_sigmas: flag,
  /** 0 or left out = no stretch. */
  shift_terminal: z.number().min(0).lt(1),
  time_shift_type: z.enum(['exponential', 'linear']),
  stochastic_sampling: flag,
};

/** The method itself. */
const methodKeys = {
  clip_sample: flag,
  clip_sample_range: positive,
  thresholding: flag,
  dynamic_thresholding_ratio: z.number().min(0).max(1),
  sample_max_value: positive,
  variance_type: z.string().max(100),
  solver_order: order,
  solver_type: z.enum(['midpoint', 'heun', 'logrho', 'bh1', 'bh2']),
  algorithm_type: z.enum([
    'dpmsolver',
    'dpmsolver++',
    'sde-dpmsolver',
    'sde-dpmsolver++',
    'deis',
    'data_prediction',
    'noise_prediction',
  ]),
  /** DPM++: below 15 steps the last step is first order. */
  lower_order_final: flag,
  /** DPM++: the last step is first order at any number of steps. */
  euler_at_final: flag,
  predict_x0: flag,
  disable_corrector: z.array(z.int()).max(TRAIN_TIMESTEPS_MAX),
  predictor_order: order,
  corrector_order: order,
  skip_prk_steps: flag,
  timestep_scaling: positive,
  /** Other schedulers and functions as values: no file can hold them, null apart. */
  solver_p: z.unknown(),
  tau_func: z.unknown(),
};

const completeKeysSchema = z.object({
  ...trainingKeys,
  ...spacingKeys,
  ...flowKeys,
  ...methodKeys,
});
export type CompleteKeys = z.infer<typeof completeKeysSchema>;

/** What a file may say: any of them. */
export const schedulerKeysSchema = completeKeysSchema.partial();
export type GivenKeys = z.infer<typeof schedulerKeysSchema>;

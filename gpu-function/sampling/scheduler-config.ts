/**
 * `scheduler/scheduler_config.json` of a model package after parse-scheduler-config.ts: keys as they stand in the file,
 * every class's own defaults filled in. https://huggingface.co/docs/diffusers/api/schedulers/overview
 */
export interface SchedulerConfig {
  _class_name: string;
  num_train_timesteps: number;
  beta_start: number;
  beta_end: number;
  beta_schedule: 'linear' | 'scaled_linear' | 'squaredcos_cap_v2';
  /** Takes the place of the three above. */
  trained_betas?: readonly number[] | undefined;
  prediction_type: 'epsilon' | 'v_prediction' | 'sample';
  /** Left out = the default of the sampler that is used, whatever the class in the file. */
  timestep_spacing?: 'leading' | 'trailing' | 'linspace' | undefined;
  /** Added to leading timesteps only. */
  steps_offset: number;
  /** Whether DDPM and DDIM keep the predicted picture within ±clip_sample_range. */
  clip_sample?: boolean | undefined;
  clip_sample_range: number;
  /** DDIM's last step ends at the clean picture; otherwise at the first level that was trained. */
  set_alpha_to_one: boolean;
  rescale_betas_zero_snr: boolean;
  use_karras_sigmas: boolean;
  final_sigmas_type?: 'zero' | 'sigma_min' | undefined;
  variance_type?: string | undefined;
  /** DPM++: below 15 steps the last step is first order. Left out = yes. */
  lower_order_final?: boolean | undefined;
  /** DPM++: the last step is first order at any number of steps. Left out = no. */
  euler_at_final?: boolean | undefined;
  /** DPM++: timesteps with a smaller ln(alpha / sigma) are left out, as cosine schedules may need. */
  lambda_min_clipped?: number | undefined;
  /** Names of settings in the file that change the pictures in the reference and are not built here. */
  ignored?: readonly string[] | undefined;
}

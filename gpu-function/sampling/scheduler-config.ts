/** `scheduler/scheduler_config.json`, its names as they stand in the file. Left out = the class's own default. */
export interface SchedulerConfig {
  _class_name: string;
  num_train_timesteps: number;
  beta_start: number;
  beta_end: number;
  beta_schedule: 'linear' | 'scaled_linear' | 'squaredcos_cap_v2';
  prediction_type: 'epsilon' | 'v_prediction' | 'sample';
  timestep_spacing?: 'leading' | 'trailing' | 'linspace' | undefined;
  steps_offset: number;
  clip_sample?: boolean | undefined;
  clip_sample_range: number;
  set_alpha_to_one: boolean;
  rescale_betas_zero_snr: boolean;
  use_karras_sigmas: boolean;
  final_sigmas_type?: 'zero' | 'sigma_min' | undefined;
  variance_type?: string | undefined;
}

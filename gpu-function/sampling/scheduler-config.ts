/**
 * `scheduler/scheduler_config.json` of a model package after parse-scheduler-config.ts. Keys are written as in the file.
 * https://huggingface.co/docs/diffusers/api/schedulers/overview
 */
import type { CompleteKeys, GivenKeys } from './scheduler-keys.ts';

/** Keys that no class has a value for until the file gives one. */
type UnsetKey =
  | 'trained_betas'
  | 'sigma_min'
  | 'sigma_max'
  | 'shift_terminal'
  | 'variance_type'
  | 'solver_p'
  | 'tau_func';

/** Every key of the file, the defaults of one class filled in. The spacing alone is left to the sampler. */
export type SchedulerKeys = Omit<CompleteKeys, UnsetKey | 'timestep_spacing'> &
  Pick<GivenKeys, UnsetKey>;

/** The file as its own class reads it, and what stands in it: another sampler reads that with its own class's defaults. */
export interface SchedulerConfig extends SchedulerKeys {
  _class_name: string;
  given: GivenKeys;
}

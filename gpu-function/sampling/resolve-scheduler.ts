/** The settings that a sampler draws with: the package's, in the sampler's own reading, under the spacing that was chosen. */
import type { SamplerId, SpacingId } from '#contract/generation-request.ts';
import type { ResolvedScheduler } from './sampler.ts';
import { SAMPLERS } from './sampler-registry.ts';
import { COMMON_DEFAULTS, schedulerClass } from './scheduler-classes.ts';
import type { SchedulerConfig, SchedulerKeys } from './scheduler-config.ts';

/**
 * What the network was trained with stays as the package's own class reads it. Of the rest, what the file says counts
 * for every sampler that knows the key, and what it leaves out is filled in by the sampler's own class.
 */
export function resolveScheduler(
  config: SchedulerConfig,
  sampler: SamplerId,
  spacing: SpacingId,
): ResolvedScheduler {
  const entry = SAMPLERS[sampler];
  const keys: SchedulerKeys = Object.assign(
    { ...COMMON_DEFAULTS },
    schedulerClass(entry.className)?.defaults,
    trainingKeys(config),
    config.given,
  );
  return Object.assign(
    keys,
    entry.adapt?.(keys),
    entry.followsFlows === true && flowKeys(config),
    spacingKeys(config, sampler, spacing),
  );
}

/** A package for Euler's flow matching says its shift under another name than the solvers'. */
function flowKeys({ _class_name: className, given }: SchedulerConfig): Partial<SchedulerKeys> {
  if (!className.includes('FlowMatch')) return {};
  return { use_flow_sigmas: true, flow_shift: given.shift ?? COMMON_DEFAULTS.shift };
}

function trainingKeys(config: SchedulerConfig): Partial<SchedulerKeys> {
  const { num_train_timesteps, beta_start, beta_end, beta_schedule, prediction_type } = config;
  return { num_train_timesteps, beta_start, beta_end, beta_schedule, prediction_type };
}

type SpacingKeys = Pick<
  ResolvedScheduler,
  | 'timestep_spacing'
  | 'use_karras_sigmas'
  | 'use_exponential_sigmas'
  | 'use_beta_sigmas'
  | 'use_lu_lambdas'
  | 'sigma_schedule'
>;

/** Where sigmas are spread by themselves, the timesteps' spacing still says from where to where. */
function spacingKeys(config: SchedulerConfig, sampler: SamplerId, spacing: SpacingId): SpacingKeys {
  const keys: SpacingKeys = {
    timestep_spacing: config.given.timestep_spacing ?? SAMPLERS[sampler].timestepSpacing,
    use_karras_sigmas: spacing === 'karras',
    use_exponential_sigmas: spacing === 'exponential',
    use_beta_sigmas: spacing === 'beta',
    use_lu_lambdas: spacing === 'lu',
    sigma_schedule: spacing === 'exponential' ? 'exponential' : 'karras',
  };
  switch (spacing) {
    case 'leading':
    case 'trailing':
    case 'linspace':
    case 'sgm-uniform':
      return { ...keys, timestep_spacing: spacing };
    case 'karras':
    case 'exponential':
    case 'beta':
    case 'lu':
      return keys;
  }
}

/** Which sampler and spacing a model package asks for. */
import {
  SAMPLER_IDS,
  SAMPLER_LABELS,
  type SamplerId,
  type SpacingId,
} from '#contract/generation-request.ts';
import { SAMPLERS } from './sampler-registry.ts';
import { schedulerClass } from './scheduler-classes.ts';
import type { SchedulerConfig } from './scheduler-config.ts';

export interface DefaultSampler {
  sampler: SamplerId;
  spacing: SpacingId;
  /** One sentence for a person where the package asks for something that is not built; none when all is. */
  note?: string;
}

/** What draws with this package unless a person chose something else. */
export function defaultSampler(scheduler: SchedulerConfig): DefaultSampler {
  const className = scheduler._class_name;
  const known = schedulerClass(className);
  if (known === undefined) {
    const sampler = className.includes('FlowMatch') ? 'flow-match-euler' : 'ddim';
    return {
      sampler,
      spacing: defaultSpacing(scheduler, sampler),
      note: `This model asks for ${className}, which is not built; ${SAMPLER_LABELS[sampler]} draws without it and the picture may differ.`,
    };
  }
  const isStochastic = scheduler.algorithm_type.startsWith('sde-');
  const sampler = known.sampler === 'dpmpp-2m' && isStochastic ? 'dpmpp-2m-sde' : known.sampler;
  return { sampler, spacing: defaultSpacing(scheduler, sampler) };
}

/** The spacing of a sampler that a person chose: the package's where it has one that fits, otherwise the sampler's own. */
export function defaultSpacing({ given }: SchedulerConfig, sampler: SamplerId): SpacingId {
  const { spacings, timestepSpacing } = SAMPLERS[sampler];
  const wanted: (SpacingId | undefined | false)[] = [
    given.use_karras_sigmas === true && 'karras',
    given.use_lu_lambdas === true && 'lu',
    given.use_exponential_sigmas === true && 'exponential',
    given.use_beta_sigmas === true && 'beta',
    given.sigma_schedule,
    given.timestep_spacing,
    timestepSpacing,
    spacings[0],
  ];
  const fitting = wanted.find(
    (spacing) => spacing !== undefined && spacing !== false && spacings.includes(spacing),
  );
  // The last of them always fits.
  return fitting === undefined || fitting === false ? 'leading' : fitting;
}

/** Samplers whose networks are scaled in a way of their own: nobody else's model can be drawn with them, nor theirs with others. */
const OWN_SCALINGS: readonly (readonly SamplerId[])[] = [['edm-euler', 'edm-dpmpp-2m'], ['ipndm']];

/** The samplers that can draw with this package at all, in the order of the contract. */
export function usableSamplers(scheduler: SchedulerConfig): SamplerId[] {
  const own = schedulerClass(scheduler._class_name)?.sampler;
  const group = OWN_SCALINGS.find((ids) => own !== undefined && ids.includes(own));
  if (group !== undefined) return [...group];
  const isFlow = scheduler.prediction_type === 'flow_prediction';
  return SAMPLER_IDS.filter((id) => {
    if (OWN_SCALINGS.flat().includes(id)) return false;
    const followsFlows = SAMPLERS[id].followsFlows === true;
    return isFlow ? followsFlows : id !== 'flow-match-euler';
  });
}

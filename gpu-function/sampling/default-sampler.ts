/** Which sampler and spacing a model package asks for. */
import { SAMPLER_LABELS, type SamplerId, type SpacingId } from '#contract/generation-request.ts';
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
  const { sampler, isBuilt, spacing } = schedulerClass(scheduler._class_name);
  const unbuilt = [
    ...(isBuilt ? [] : [scheduler._class_name]),
    ...(scheduler.ignored ?? []).map((key) => `the setting ${key}`),
  ];
  return {
    sampler,
    // A class that is not built keeps its own spacing under the sampler that stands in for it.
    spacing: chooseSpacing(scheduler, sampler, spacing),
    ...(unbuilt.length > 0 && {
      note: `This model asks for ${unbuilt.join(' and ')}, which is not built yet; ${SAMPLER_LABELS[sampler]} draws without it and the picture may differ.`,
    }),
  };
}

/** The spacing of a sampler that a person chose: the package's where it says one, otherwise the sampler's own. */
export function defaultSpacing(scheduler: SchedulerConfig, sampler: SamplerId): SpacingId {
  return chooseSpacing(scheduler, sampler, SAMPLERS[sampler].levels.defaultSpacing);
}

function chooseSpacing(
  scheduler: SchedulerConfig,
  sampler: SamplerId,
  fallback: SpacingId,
): SpacingId {
  const hasKarras = SAMPLERS[sampler].levels.spacings.includes('karras');
  if (scheduler.use_karras_sigmas && hasKarras) return 'karras';
  return scheduler.timestep_spacing ?? fallback;
}

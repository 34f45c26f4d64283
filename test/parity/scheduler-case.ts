/** What the scheduler cases, the table of timesteps and the published tests share: from class and arguments to a plan. */
import type { SamplerId, SpacingId } from '#contract/generation-request.ts';
import { defaultSampler } from '../../gpu-function/sampling/default-sampler.ts';
import { parseSchedulerConfig } from '../../gpu-function/sampling/parse-scheduler-config.ts';
import { SAMPLERS } from '../../gpu-function/sampling/sampler-registry.ts';
import type { NoiseStep } from '../../gpu-function/sampling/noise-level.ts';
import type { SchedulerConfig } from '../../gpu-function/sampling/scheduler-config.ts';

export interface BuiltScheduler {
  isSupported: true;
  config: SchedulerConfig;
  sampler: SamplerId;
  spacing: SpacingId;
}

export type ReferenceScheduler = BuiltScheduler | { isSupported: false; reason: string };

/** @param config only the arguments that were given: our own defaults must fill in the rest. */
export function toReferenceScheduler(className: string, config: object): ReferenceScheduler {
  if (className.includes('FlowMatch')) {
    return { isSupported: false, reason: `${className} is not built` };
  }
  const parsed = parseSchedulerConfig({ ...config, _class_name: className });
  const { sampler, spacing, note } = defaultSampler(parsed);
  if (note !== undefined) return { isSupported: false, reason: note };
  return { isSupported: true, config: parsed, sampler, spacing };
}

export interface ReferenceTable {
  steps: readonly NoiseStep[];
  initialNoiseScale: number;
}

/** The whole table of levels, before a start from a picture cuts it. */
export function toReferenceTable(
  { config, sampler, spacing }: BuiltScheduler,
  stepCount: number,
): ReferenceTable {
  return SAMPLERS[sampler].levels.build({ config, spacing, stepCount });
}

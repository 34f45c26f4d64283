/** The settings that a person gave a sampler: in range, and ones that it has. */
import { SAMPLER_LABELS, type SamplerId } from '#contract/generation-request.ts';
import { LIMITS } from '#contract/limits.ts';
import { SAMPLERS } from './sampler-registry.ts';
import type { SamplerOptions } from './sampler.ts';
import { unsupported } from './unsupported.ts';

interface OptionRule {
  /** As people write it. */
  name: string;
  /** The value that changes nothing: every sampler takes it. */
  neutral: number;
  range: { min: number; max: number };
}

type NumberOption = Exclude<keyof SamplerOptions, 'usesClippedOutput'>;

const RULES: Readonly<Record<NumberOption, OptionRule>> = {
  eta: { name: 'eta', neutral: 0, range: LIMITS.eta },
  sChurn: { name: 's_churn', neutral: 0, range: LIMITS.sChurn },
  sTmin: { name: 's_tmin', neutral: 0, range: { min: 0, max: Number.POSITIVE_INFINITY } },
  sTmax: {
    name: 's_tmax',
    neutral: Number.POSITIVE_INFINITY,
    range: { min: 0, max: Number.POSITIVE_INFINITY },
  },
  sNoise: { name: 's_noise', neutral: 1, range: LIMITS.sNoise },
  order: { name: 'order', neutral: Number.NaN, range: { min: 1, max: 4 } },
};

/** @throws GenerationError `sampler-unsupported` that names the setting, its value and who has it. */
export function checkOptions(options: SamplerOptions, sampler: SamplerId): SamplerOptions {
  const names = Object.keys(RULES) as NumberOption[];
  for (const key of names) {
    const value = options[key];
    if (value !== undefined) checkOption(key, value, sampler);
  }
  const { eta, sChurn, sTmin, sTmax, sNoise, usesClippedOutput, order } = options;
  return { eta, sChurn, sTmin, sTmax, sNoise, usesClippedOutput, order };
}

function checkOption(key: NumberOption, value: number, sampler: SamplerId): void {
  const { name, neutral, range } = RULES[key];
  if (!(value >= range.min && value <= range.max)) {
    throw unsupported(
      `An ${name} of ${value} is out of range; choose ${range.min} to ${range.max}.`,
    );
  }
  if (value === neutral || SAMPLERS[sampler].options.includes(key)) return;
  const others = Object.entries(SAMPLERS)
    .filter(([, entry]) => entry.options.includes(key))
    .map(([id]) => SAMPLER_LABELS[id as SamplerId]);
  throw unsupported(
    `${SAMPLER_LABELS[sampler]} takes no ${name}; choose ${others.slice(0, 2).join(' or ')}, or leave ${name} out.`,
  );
}

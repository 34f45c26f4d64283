/** The sampler and its spacing of the steps: as asked, or the model's own. */
import { GenerationError } from '#contract/generation-error.ts';
import type { GenerateRequest, SamplerId, SpacingId } from '#contract/generation-request.ts';
import { defaultSampler, defaultSpacing } from '../sampling/default-sampler.ts';
import type { ImageModel } from './ports.ts';

export interface ResolvedSampler {
  sampler: SamplerId;
  spacing: SpacingId;
  notes: string[];
}

/**
 * A sampler that was asked for gets the model's default spacing where it is the model's own sampler, else its own.
 * Whether sampler, spacing and steps go together is for planSampling to say. Throws GenerationError `sampler-unsupported`.
 */
export function resolveSampler(
  request: Pick<GenerateRequest, 'sampler' | 'spacing'>,
  { description, scheduler }: Pick<ImageModel, 'description' | 'scheduler'>,
): ResolvedSampler {
  const { defaults, samplers } = description;
  const sampler = request.sampler ?? defaults.sampler;
  if (!samplers.includes(sampler)) {
    throw new GenerationError(
      'sampler-unsupported',
      `The model ${description.id} cannot draw with the sampler ${sampler}; choose one of ${samplers.join(', ')}.`,
    );
  }
  const ownSpacing =
    sampler === defaults.sampler ? defaults.spacing : defaultSpacing(scheduler, sampler);
  return {
    sampler,
    spacing: request.spacing ?? ownSpacing,
    notes: request.sampler === undefined ? noteStandIn(scheduler, sampler) : [],
  };
}

/** Where the package wants a sampler that there is not, and this one draws in its place. */
function noteStandIn(scheduler: ImageModel['scheduler'], sampler: SamplerId): string[] {
  const wanted = defaultSampler(scheduler);
  return wanted.note !== undefined && wanted.sampler === sampler ? [wanted.note] : [];
}

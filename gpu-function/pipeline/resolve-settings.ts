/** What exactly is drawn: the request with every default of the model filled in, and what to tell the person. */
import { GenerationError } from '#contract/generation-error.ts';
import type { GenerateRequest } from '#contract/generation-request.ts';
import type { Settings } from '#contract/generation-result.ts';
import type { ResolvedEdit } from './editing/plan-edit.ts';
import { resolveSize } from './resolve-size.ts';
import { resolveSampler } from './resolve-sampler.ts';
import type { ImageModel } from './ports.ts';

export interface ResolvedSettings {
  settings: Settings;
  /** Sentences: what is done otherwise than asked, and why. */
  notes: string[];
}

/** What is asked of the model here. */
export type DescribedModel = Pick<
  ImageModel,
  'description' | 'digest' | 'scheduler' | 'sizeMultiplePx' | 'sizeBuckets'
>;

/**
 * `edit` is the planned edit of a request with a start image. Resolving the request that a recipe gives back yields the same settings, key by key in the same order, since they are
 * written into the picture. Throws GenerationError `sampler-unsupported`, `style-unknown`, `size-unsupported` or
 * `invalid-request`.
 */
export function resolveSettings(
  request: GenerateRequest,
  model: DescribedModel,
  edit?: ResolvedEdit,
): ResolvedSettings {
  const { description } = model;
  const { defaults } = description;
  checkStyle(request.style, model);
  const size = edit === undefined ? resolveSize(request.size, model) : edit.settings;
  const { sampler, spacing, notes } = resolveSampler(request, model);
  const settings: Settings = {
    modelId: description.id,
    modelDigest: model.digest,
    prompt: request.prompt,
    negativePrompt: request.negativePrompt,
    style: request.style,
    widthPx: size.widthPx,
    heightPx: size.heightPx,
    seed: request.seed,
    count: request.count,
    steps: request.steps ?? defaults.steps,
    guidanceScale: request.guidanceScale ?? defaults.guidanceScale,
    guidanceRescale: request.guidanceRescale ?? defaults.guidanceRescale,
    sampler,
    spacing,
    eta: request.eta,
    sChurn: request.sChurn,
    sNoise: request.sNoise,
    promptWeighting: request.promptWeighting,
    clipSkip: request.clipSkip,
    variations: request.variations?.map(({ seed, strength }) => ({ seed, strength })),
    ...edit?.settings,
    tile: request.tile === true ? true : undefined,
  };
  const sizeNotes = 'note' in size && size.note !== undefined ? [size.note] : [];
  return { settings, notes: [...sizeNotes, ...(edit?.notes ?? []), ...notes] };
}

function checkStyle(style: string | undefined, { description }: DescribedModel): void {
  if (style === undefined || description.styles.includes(style)) return;
  const remedy =
    description.styles.length === 0
      ? 'leave it out'
      : `choose one of ${description.styles.join(', ')}`;
  throw new GenerationError(
    'style-unknown',
    `The model ${description.id} has no style "${style}"; ${remedy}.`,
  );
}

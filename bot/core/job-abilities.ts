/** What can be done with a job's pictures: what its model can, or for an upscale the model that is used by default. */
import type { ModelAbility, ModelDescription } from '#contract/model-description.ts';
import type { JobRecord } from './ports.ts';

/** Empty while the models are not known, so that no button is shown that might not work. */
export function abilitiesOf(
  { request, state }: JobRecord,
  models: readonly ModelDescription[],
): readonly ModelAbility[] {
  const used = state.status === 'succeeded' ? state.result.settings?.modelId : undefined;
  const asked = request.kind === 'upscale' ? undefined : request.modelId;
  const wanted = used ?? asked;
  const model = models.find(({ id, isDefault }) =>
    wanted === undefined ? isDefault : id === wanted,
  );
  return model?.problem === undefined ? (model?.abilities ?? []) : [];
}

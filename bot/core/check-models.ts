/** A command against the models there are: names are matched without case, and what does not exist is refused early. */
import type { ModelDescription } from '#contract/model-description.ts';
import type { CommandRequest } from './command-draft.ts';
import { CommandError } from './command-error.ts';
import { showValue } from './flag-values.ts';
import { suggestFrom } from '#contract/nearest-name.ts';

/** The part of a request, or of settings, that depends on the models there are. */
type ModelChoice = Pick<Partial<CommandRequest>, 'modelId' | 'style' | 'sampler'>;

/**
 * The request with model and style spelled as the image function spells them. Throws CommandError when the model, its
 * style or its sampler does not exist, with the nearest name and all there are.
 */
export function checkModels<T extends ModelChoice>(
  request: T,
  models: readonly ModelDescription[],
): T {
  const model = findModel(request.modelId, models);
  if (model === undefined) return request;
  if (model.problem !== undefined && request.modelId !== undefined) {
    throw new CommandError(`The model ${model.id} cannot be used: ${model.problem}`);
  }
  checkSampler(request, model);
  return {
    ...request,
    modelId: request.modelId === undefined ? undefined : model.id,
    style: findStyle(request.style, model),
  };
}

function findModel(
  modelId: string | undefined,
  models: readonly ModelDescription[],
): ModelDescription | undefined {
  if (modelId === undefined) return models.find((model) => model.isDefault);
  const model =
    models.find(({ id }) => id === modelId) ??
    models.find(({ id }) => id.toLowerCase() === modelId.toLowerCase());
  if (model !== undefined) return model;
  const ids = models.map(({ id }) => id);
  throw new CommandError(`The model ${showValue(modelId)} is unknown.${suggestFrom(modelId, ids)}`);
}

function findStyle(style: string | undefined, model: ModelDescription): string | undefined {
  if (style === undefined) return undefined;
  const known = model.styles.find((name) => name.toLowerCase() === style.toLowerCase());
  if (known !== undefined) return known;
  const remedy =
    model.styles.length === 0
      ? ' It has no styles; leave --style out.'
      : suggestFrom(style, model.styles);
  throw new CommandError(`The model ${model.id} has no style ${showValue(style)}.${remedy}`);
}

function checkSampler({ sampler }: ModelChoice, model: ModelDescription): void {
  if (sampler === undefined || model.samplers.includes(sampler)) return;
  throw new CommandError(
    `The model ${model.id} cannot draw with the sampler ${sampler}. Available: ${model.samplers.join(', ')}.`,
  );
}

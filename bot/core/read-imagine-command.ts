/** A command's text as a request, with everything the person, the space and the models have to say about it. */
import { checkModels } from './check-models.ts';
import { fitToSpace } from './check-space.ts';
import type { CommandRequest } from './command-draft.ts';
import type { ModelCatalogue } from './model-catalogue.ts';
import { parseCommand } from './parse-command.ts';
import type { SpacePolicy, UserSettings } from './settings.ts';

export interface ReadingContext {
  /** Pictures when neither the command nor the settings say. */
  defaultCount: number;
  settings: UserSettings;
  space: SpacePolicy;
  catalogue: ModelCatalogue;
}

export interface ReadCommand {
  request: CommandRequest;
  isPrivate: boolean;
}

/** Throws CommandError. A cold image function cannot say what models it has: then the engine judges later. */
export async function readImagineCommand(
  text: string,
  { defaultCount, settings, space, catalogue }: ReadingContext,
): Promise<ReadCommand> {
  const { request, isPrivate, isCountGiven } = parseCommand(text, { defaultCount, settings });
  const fitted = fitToSpace(request, isCountGiven, space);
  const isNamed = fitted.modelId !== undefined || fitted.style !== undefined;
  const models = isNamed ? await catalogue.soon() : catalogue.known();
  return { request: models === undefined ? fitted : checkModels(fitted, models), isPrivate };
}

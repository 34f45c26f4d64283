/** A command's text as a request, with everything the person, the space and the models have to say about it. */
import { checkModels } from './check-models.ts';
import { fitToSpace } from './check-space.ts';
import type { CommandRequest, PromptWalk } from './command-draft.ts';
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
  /** How many jobs it makes. */
  repeat: number;
  walk?: PromptWalk | undefined;
}

/** Throws CommandError. A cold image function cannot say what models it has: then the engine judges later. */
export async function readImagineCommand(
  text: string,
  { defaultCount, settings, space, catalogue }: ReadingContext,
): Promise<ReadCommand> {
  const command = parseCommand(text, { defaultCount, settings });
  const { request, isPrivate, isCountGiven, repeat, walk } = command;
  const fitted = fitToSpace(request, isCountGiven, space);
  const isNamed = fitted.modelId !== undefined || fitted.style !== undefined;
  const models = isNamed ? await catalogue.soon() : catalogue.known();
  const checked = models === undefined ? fitted : checkModels(fitted, models);
  return { request: checked, isPrivate, repeat, walk };
}

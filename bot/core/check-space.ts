/** A request against what is allowed in its space. */
import type { GenerationRequest } from '#contract/generation-request.ts';
import { CommandError } from './command-error.ts';
import type { Place } from './ports.ts';
import type { SpacePolicy } from './settings.ts';

/** Throws CommandError that names the rule and what it allows. */
export function checkSpace(request: GenerationRequest, place: Place, policy: SpacePolicy): void {
  const { allowedChannelIds, allowedModels, stepsMax, countMax } = policy;
  if (allowedChannelIds !== undefined && !allowedChannelIds.includes(place.channelId)) {
    throw new CommandError('Pictures are not drawn in this channel; ask in another one.');
  }
  if (request.kind !== 'generate') return;
  const { modelId, steps, count } = request;
  if (allowedModels !== undefined && (modelId === undefined || !allowedModels.includes(modelId))) {
    throw new CommandError(
      `Here only these models may be used: ${allowedModels.join(', ')}; choose one with --model.`,
    );
  }
  if (stepsMax !== undefined && (steps ?? 0) > stepsMax) {
    throw new CommandError(`Here a picture may take ${stepsMax} steps at most; lower --steps.`);
  }
  if (countMax !== undefined && count > countMax) {
    throw new CommandError(
      `Here one command may draw ${countMax === 1 ? '1 picture' : `${countMax} pictures`} at most; lower --count.`,
    );
  }
}

/** What the person left open, filled in the way the space allows: its first model, no more pictures than it lets. */
export function fitToSpace<T extends { modelId?: string | undefined; count: number }>(
  request: T,
  isCountGiven: boolean,
  { allowedModels, countMax }: SpacePolicy,
): T {
  return {
    ...request,
    modelId: request.modelId ?? allowedModels?.[0],
    count: isCountGiven ? request.count : Math.min(request.count, countMax ?? request.count),
  };
}

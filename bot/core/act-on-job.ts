/** What each button does. Everything it needs is in the store: a button works after any restart. */
import type { GenerateRequest, GenerationRequest } from '#contract/generation-request.ts';
import { isTerminal } from '#contract/job-state.ts';
import { LIMITS } from '#contract/limits.ts';
import { toSinglePicture } from '#contract/recipe.ts';
import { parseAction, type Action } from './action.ts';
import { CommandError } from './command-error.ts';
import { toReroll, toVariation } from './derive-request.ts';
import { formatCommand } from './format-command.ts';
import type { JobTracker } from './job-tracker.ts';
import type { ImageStore, JobRecord, JobStore, PlaceChanges, RandomSource } from './ports.ts';
import type { ActionMessage } from './service.ts';
import type { ServicePolicy } from './service-policy.ts';
import type { NewJob } from './accept-job.ts';

/** The id is given by whoever knows about double clicks. */
export type PressedJob = Omit<NewJob, 'id'>;

export type ActionEffect =
  | { kind: 'new-job'; job: PressedJob }
  | { kind: 'done' }
  | { kind: 'edit'; command: string };

export interface ActionOptions {
  jobStore: JobStore;
  imageStore: ImageStore;
  tracker: JobTracker;
  random: RandomSource;
  policy: ServicePolicy;
}

interface Press {
  action: Action;
  source: JobRecord;
  message: ActionMessage;
}

/**
 * Does what the button says, or tells which job is to be started for it. Throws CommandError with the sentence of a
 * refusal. Cancel and delete belong to the person who asked and to moderators; everything else makes a new job and is free to all, as
 * people know it from Midjourney.
 */
export async function actOnJob(
  message: ActionMessage,
  options: ActionOptions,
): Promise<ActionEffect> {
  const action = parseAction(message.actionId);
  if (action === undefined) {
    throw new CommandError('This button is not known here; it may be from an older version.');
  }
  const stored = await options.jobStore.get(action.jobId);
  const source = options.tracker.current(action.jobId)?.record ?? stored;
  if (source !== undefined) options.tracker.movePlace(source.id, toNewToken(source, message));
  if (source === undefined) {
    // The second click of a double click on delete.
    if (action.name === 'delete') return { kind: 'done' };
    throw new CommandError('This card was deleted; start anew with /imagine.');
  }
  return perform({ action, source, message }, options);
}

/** A press on the card itself brings a token that lives longer than the one the job came with. */
function toNewToken({ place }: JobRecord, message: ActionMessage): PlaceChanges {
  const { messageId, platform, replyToken, replyTokenExpiresAtMs } = message.place;
  const isSameMessage =
    place.platform === platform && messageId !== undefined && place.messageId === messageId;
  const isNewer = (replyTokenExpiresAtMs ?? 0) > (place.replyTokenExpiresAtMs ?? 0);
  return isSameMessage && isNewer ? { replyToken, replyTokenExpiresAtMs } : {};
}

async function perform(press: Press, options: ActionOptions): Promise<ActionEffect> {
  const { action, source } = press;
  switch (action.name) {
    case 'upscale':
      return newJob(press, await toUpscale(press, options), options.policy);
    case 'vary':
      return newJob(press, vary(press, options), options.policy);
    case 'reroll':
      return newJob(press, toReroll(drawn(press), options.random()), options.policy);
    case 'retry':
      return newJob(press, await retry(press, options), options.policy);
    case 'edit':
      return { kind: 'edit', command: source.command };
    case 'cancel':
      checkOwner(press, 'cancel');
      if (!isTerminal(source.state)) await options.tracker.cancel(source);
      return { kind: 'done' };
    case 'delete':
      checkOwner(press, 'delete');
      await options.tracker.remove(source);
      return { kind: 'done' };
  }
}

function newJob(press: Press, request: GenerationRequest, policy: ServicePolicy): ActionEffect {
  const { action, source, message } = press;
  // A retry stands where the failed job stood in the family: an upscale still needs its source picture.
  const isUpscaleRetry = action.name === 'retry' && request.kind === 'upscale';
  const lineage = { jobId: source.id, index: action.index, action: action.name };
  return {
    kind: 'new-job',
    job: {
      request,
      command: toCommand(press, request, policy),
      user: message.user,
      place: message.place,
      lineage: isUpscaleRetry ? source.lineage : lineage,
    },
  };
}

/** An upscale's command draws the picture that it enlarged. */
function toCommand(
  { action, source }: Press,
  request: GenerationRequest,
  { defaultCount }: ServicePolicy,
): string {
  if (request.kind === 'generate') return formatCommand(request, { defaultCount });
  if (source.request.kind !== 'generate') return source.command;
  return formatCommand(toSinglePicture(source.request, action.index), { defaultCount });
}

function vary(press: Press, { random, policy }: ActionOptions): GenerateRequest {
  const request = drawn(press);
  checkPicture(press);
  const turn = { seed: random(), strength: policy.variationStrength };
  const varied = toVariation(request, press.action.index, turn);
  if (varied !== undefined) return varied;
  throw new CommandError(
    `This picture is ${LIMITS.variations.max} variations deep, which is as far as it goes; reroll it or edit its prompt.`,
  );
}

/** An upscale draws nothing, so there is nothing to reroll or vary. */
function drawn({ source, action }: Press): GenerateRequest {
  if (source.request.kind === 'generate') return source.request;
  throw new CommandError(
    `An enlarged picture has no ${action.name === 'vary' ? 'variations' : 'reroll'}; use the buttons of the card it came from.`,
  );
}

async function retry(press: Press, options: ActionOptions): Promise<GenerationRequest> {
  const { source, action, message } = press;
  const { status } = source.state;
  if (status !== 'failed' && status !== 'canceled') {
    throw new CommandError('Only a job that failed or was canceled can be tried again.');
  }
  const { request, lineage } = source;
  if (request.kind === 'generate') return request;
  // The bytes are not kept with an upscale that has ended: the picture it came from has them.
  const origin = lineage && (await options.jobStore.get(lineage.jobId));
  if (lineage === undefined || origin === undefined) throw pictureGone(action.index);
  const upscale = { action: { ...action, index: lineage.index }, source: origin, message };
  return toUpscale(upscale, options);
}

async function toUpscale(press: Press, { imageStore }: ActionOptions): Promise<GenerationRequest> {
  if (press.source.request.kind === 'upscale') {
    throw new CommandError('This picture is enlarged already; use the card it came from.');
  }
  checkPicture(press);
  const { action, source } = press;
  const png = await imageStore.get(source.id, action.index);
  if (png === undefined) throw pictureGone(action.index);
  if (png.byteLength > LIMITS.imageBytes) {
    throw new CommandError(`Picture ${action.index + 1} is too large to be enlarged further.`);
  }
  const base64 = Buffer.from(png).toString('base64');
  return { kind: 'upscale', image: { kind: 'inline', base64 }, factor: 2 };
}

const pictureGone = (index: number): CommandError =>
  new CommandError(
    `Picture ${index + 1} is no longer stored; press Edit and send the command to draw it again.`,
  );

function checkPicture({ source, action }: Press): void {
  if (source.state.status !== 'succeeded') {
    throw new CommandError(
      `Picture ${action.index + 1} is not there yet; wait until the job is done.`,
    );
  }
  const { length } = source.state.result.images;
  if (action.index < length) return;
  throw new CommandError(
    `This job has ${length} pictures, so there is no picture ${action.index + 1}.`,
  );
}

function checkOwner({ source, message }: Press, verb: 'cancel' | 'delete'): void {
  const { place, user } = source;
  const isSamePlatform = place.platform === message.place.platform;
  if (isSamePlatform && user.id === message.user.id) return;
  // A moderator of one server has no say about another's pictures.
  const isSameSpace = isSamePlatform && place.spaceId === message.place.spaceId;
  if (isSameSpace && message.user.isModerator) return;
  throw new CommandError(`Only ${user.name} or a moderator may ${verb} this.`);
}

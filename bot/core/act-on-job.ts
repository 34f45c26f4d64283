/** What each button does. Everything it needs is in the store: a button works after any restart. */
import type { GenerationRequest } from '#contract/generation-request.ts';
import { isTerminal } from '#contract/job-state.ts';
import { toSinglePicture } from '#contract/recipe.ts';
import type { NewJob } from './accept-job.ts';
import {
  checkPicture,
  drawingOf,
  toOutpaintRequest,
  toUpscaleRequest,
  toVaryRequest,
} from './act-on-picture.ts';
import { parseAction, type Action } from './action.ts';
import type { CardImage } from './card.ts';
import { parseCellPick, toCellRows, toMaskText, type CellPick } from './cell-picker.ts';
import { CommandError } from './command-error.ts';
import { toReroll } from './derive-request.ts';
import { formatCommand } from './format-command.ts';
import { toWalkCommand } from './prompt-walk.ts';
import { formatPictureId } from './picture-id.ts';
import { escapeChoices } from './permutations.ts';
import { toSource } from './picture-source.ts';
import type { JobTracker } from './job-tracker.ts';
import type { ImageStore, JobRecord, JobStore, PlaceChanges, RandomSource } from './ports.ts';
import { toClip, toCardImages } from './present-images.ts';
import type { ActionMessage, Outcome } from './service.ts';
import type { ServicePolicy } from './service-policy.ts';

/** The id is given by whoever knows about double clicks. */
type PressedJob = Omit<NewJob, 'id'>;

export type ActionEffect =
  | { kind: 'new-job'; job: PressedJob }
  | { kind: 'confirmed'; pendingId: string }
  | { kind: 'clip'; record: JobRecord; image: CardImage }
  | Extract<Outcome, { kind: 'done' | 'edit' | 'region' }>;

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
  const pick = parseCellPick(message.actionId);
  const action =
    pick === undefined ? parseAction(message.actionId) : ({ ...pick, name: 'region' } as const);
  if (action === undefined) {
    throw new CommandError('This button is not known here; it may be from an older version.');
  }
  if (action.name === 'confirm') return { kind: 'confirmed', pendingId: action.jobId };
  const stored = await options.jobStore.get(action.jobId);
  const source = options.tracker.current(action.jobId)?.record ?? stored;
  if (source !== undefined) options.tracker.movePlace(source.id, toNewToken(source, message));
  if (source === undefined) {
    // The second click of a double click on delete.
    if (action.name === 'delete') return { kind: 'done' };
    throw new CommandError('This card was deleted; start anew with /imagine.');
  }
  const press = { action, source, message };
  return pick === undefined ? perform(press, options) : pickCells(press, pick);
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
  const { policy } = options;
  const { name } = action;
  switch (name) {
    case 'upscale':
    case 'upscale-4':
    case 'creative':
      await checkStored(press, options);
      return newJob(press, toUpscaleRequest(name, press, options), policy);
    case 'vary':
    case 'vary-subtle':
    case 'vary-strong':
      return newJob(press, await toVaryRequest(name, press, options), policy);
    case 'zoom-1-5':
    case 'zoom-2':
    case 'pan-left':
    case 'pan-right':
    case 'pan-up':
    case 'pan-down':
      await checkStored(press, options);
      return newJob(press, toOutpaintRequest(name, press, options), policy);
    case 'zoom-custom':
      return { kind: 'edit', command: `${toEditCommand(press)} --zoom 1.8` };
    case 'region':
      return toRegion(press, 0);
    case 'clip':
      return { kind: 'clip', record: source, image: findClip(source) };
    case 'reroll':
      return newJob(press, reroll(source, options.random()), policy);
    case 'retry':
      return newJob(press, await retry(press, options), policy);
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
    case 'confirm':
      return { kind: 'confirmed', pendingId: source.id };
  }
}

/** Old pictures make room for new ones: better said now than by a job that fails. */
async function checkStored(
  { source, action }: Press,
  { imageStore }: ActionOptions,
): Promise<void> {
  checkPicture({ source, action });
  if ((await imageStore.get(source.id, action.index)) !== undefined) return;
  throw new CommandError(
    `Picture ${action.index + 1} is no longer stored; press Edit and send the command to draw it again.`,
  );
}

/** The command that goes on from the picture with its own words, for a person to finish. */
function toEditCommand({ source, action }: Press): string {
  checkPicture({ source, action });
  const { seed: _seed, count: _count, ...drawing } = drawingOf({ source, action });
  const startImage = toSource({ jobId: source.id, index: action.index });
  return escapeChoices(formatCommand({ ...drawing, count: 1, startImage }, { defaultCount: 1 }));
}

function toRegion(press: Press, chosen: number): ActionEffect {
  const { source, action } = press;
  const command = toEditCommand(press);
  const image = toCardImages(source)[action.index] as CardImage;
  return {
    kind: 'region',
    image,
    command,
    title: `Edit a region of picture ${action.index + 1}`,
    lines: ['Choose the parts that shall be drawn anew (A1 is top left), then go on.'],
    details: [],
    buttons: toCellRows({ jobId: source.id, index: action.index, chosen }),
  };
}

function pickCells(press: Press, { name, chosen }: CellPick): ActionEffect {
  if (name === 'cells') return toRegion(press, chosen);
  const mask = toMaskText(chosen);
  if (mask !== undefined)
    return { kind: 'edit', command: `${toEditCommand(press)} --mask ${mask}` };
  throw new CommandError('No part is chosen; press the parts that shall be drawn anew first.');
}

function findClip(source: JobRecord): CardImage {
  const clip = toClip(source);
  if (clip !== undefined) return clip;
  throw new CommandError('The way from noise to picture was not kept with this job.');
}

/** An upscale draws nothing, so there is nothing to reroll; a walk gets other noise. */
function reroll({ request }: JobRecord, seed: number): GenerationRequest {
  switch (request.kind) {
    case 'generate':
      return toReroll(request, seed);
    case 'animate':
      return { ...request, seed };
    case 'upscale':
      throw new CommandError(
        'An enlarged picture has no reroll; use the buttons of the card it came from.',
      );
  }
}

function newJob(press: Press, request: GenerationRequest, policy: ServicePolicy): ActionEffect {
  const { action, source, message } = press;
  // A retry stands where the failed job stood in the family.
  const isRetry = action.name === 'retry' && source.lineage !== undefined;
  const own = { jobId: source.id, index: action.index, action: action.name };
  const { isPrivate, isSpoiler } = source.place;
  return {
    kind: 'new-job',
    job: {
      request,
      command: toCommand(press, request, policy),
      user: message.user,
      // What was private stays so, and what was hidden too.
      place: {
        ...message.place,
        ...(isPrivate ? { isPrivate } : {}),
        ...(isSpoiler ? { isSpoiler } : {}),
      },
      lineage: isRetry ? source.lineage : own,
    },
  };
}

/** An upscale's command draws the picture that it enlarged. */
function toCommand(
  { action, source }: Press,
  request: GenerationRequest,
  { defaultCount }: ServicePolicy,
): string {
  if (request.kind === 'generate') return escapeChoices(formatCommand(request, { defaultCount }));
  if (request.kind === 'animate') return toWalkCommand(request);
  if (source.request.kind !== 'generate') return source.command;
  const single = toSinglePicture(source.request, action.index);
  return escapeChoices(formatCommand(single, { defaultCount }));
}

async function retry({ source }: Press, options: ActionOptions): Promise<GenerationRequest> {
  const { status } = source.state;
  if (status !== 'failed' && status !== 'canceled') {
    throw new CommandError('Only a job that failed or was canceled can be tried again.');
  }
  const { request, lineage } = source;
  // Jobs of older versions kept the bytes, and those only until they ended.
  const isEmptied =
    request.kind === 'upscale' && request.image.kind === 'inline' && request.image.base64 === '';
  if (!isEmptied) return request;
  const origin = lineage && (await options.jobStore.get(lineage.jobId));
  if (lineage !== undefined && origin !== undefined) {
    const image = toSource({ jobId: lineage.jobId, index: lineage.index });
    return { ...request, image };
  }
  const id = formatPictureId({ jobId: source.id, index: 0 });
  throw new CommandError(`The picture that ${id} was to be made from is no longer stored.`);
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

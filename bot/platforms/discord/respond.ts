/** An outcome as the first answer to an interaction. Pure. */
import {
  InteractionResponseType,
  MessageFlags,
  type APIInteractionResponseCallbackData,
  type APIModalInteractionResponseCallbackData,
} from 'discord-api-types/v10';
import type { ModelDescription } from '#contract/model-description.ts';
import type { JobEntry, Outcome } from '../../core/service.ts';
import { toEditForm } from './modal.ts';
import { renderCard, renderNotice, renderRegion, type MessageBody } from './render.ts';

export type FirstResponse =
  | { type: InteractionResponseType.Pong }
  | { type: InteractionResponseType.ChannelMessageWithSource; data: MessageBody }
  | {
      type: InteractionResponseType.DeferredChannelMessageWithSource;
      data?: Pick<APIInteractionResponseCallbackData, 'flags'>;
    }
  | { type: InteractionResponseType.DeferredMessageUpdate }
  | { type: InteractionResponseType.UpdateMessage; data: MessageBody }
  | {
      type: InteractionResponseType.ApplicationCommandAutocompleteResult;
      data: { choices: { name: string; value: string }[] };
    }
  | { type: InteractionResponseType.Modal; data: APIModalInteractionResponseCallbackData };

export interface ResponseContext {
  token: string;
  /** The interaction is a button's: it may be answered without a new message. */
  isPress: boolean;
  models: readonly ModelDescription[];
}

export function toResponse(outcome: Outcome, context: ResponseContext): FirstResponse {
  switch (outcome.kind) {
    case 'job':
      return toJobResponse(outcome, context);
    case 'jobs': {
      const [first] = outcome.jobs;
      return first === undefined ? done(context) : toJobResponse(first, context);
    }
    case 'card':
    case 'clip':
      return say(renderCardAlone(outcome));
    case 'notice':
      return say(renderNotice(outcome));
    case 'region':
      // Pressed within the picker itself, whose picture stays: only the buttons change.
      return { type: InteractionResponseType.UpdateMessage, data: visible(renderRegion(outcome)) };
    case 'refused':
      return say(renderNotice({ lines: [outcome.message] }));
    case 'edit':
      return {
        type: InteractionResponseType.Modal,
        data: toEditForm(outcome.command, context.models),
      };
    case 'done':
      return done(context);
  }
}

/** The card without its files, which come with the next edit. */
function renderCardAlone({ record, card }: JobEntry): MessageBody {
  return renderCard(card, {
    files: [],
    isPrivate: record.place.isPrivate === true,
  });
}

/** Who sees a message is settled when it is made: no edit may say it again. */
const visible = (body: MessageBody): MessageBody => ({
  ...body,
  flags: body.flags & ~MessageFlags.Ephemeral,
});

/** A job that another message shows already needs no second card: the other click of a double click. */
function toJobResponse(entry: JobEntry, context: ResponseContext): FirstResponse {
  if (entry.record.place.replyToken === context.token) return say(renderCardAlone(entry));
  if (context.isPress) return { type: InteractionResponseType.DeferredMessageUpdate };
  return say(renderNotice({ lines: ['This was asked for already; its card is in the channel.'] }));
}

const say = (data: MessageBody): FirstResponse => ({
  type: InteractionResponseType.ChannelMessageWithSource,
  data,
});

const done = ({ isPress }: ResponseContext): FirstResponse =>
  isPress
    ? { type: InteractionResponseType.DeferredMessageUpdate }
    : say(renderNotice({ lines: ['Done.'] }));

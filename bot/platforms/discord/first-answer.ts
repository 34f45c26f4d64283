/**
 * The first answer to an interaction where the work is done elsewhere: at once, for Discord gives 3 seconds. Only what
 * cannot come later, a form or offers while typing, is the real answer; everything else is the word that it is at work.
 */
import { InteractionResponseType, MessageFlags } from 'discord-api-types/v10';
import { parseAction } from '../../core/action.ts';
import { completeCommand } from '../../core/complete-command.ts';
import type { Asker } from '../../core/service.ts';
import { toCompletions } from './complete.ts';
import { toEditForm } from './modal.ts';
import type { DiscordInteraction } from './parse.ts';
import { renderNotice } from './render.ts';
import type { FirstResponse } from './respond.ts';

export interface FirstAnswerOptions {
  /** The command of a job, for the form in which it is edited. */
  commandOf: (jobId: string) => Promise<string | undefined>;
  /** Whether the person keeps pictures to themselves. */
  isPrivatePerson: (asker: Asker) => Promise<boolean>;
}

export interface FirstAnswer {
  response: FirstResponse;
  /** Undefined when nothing is left to be done. */
  rest?: { isPrivate: boolean; pressedJobId: string | undefined };
}

export async function toFirstAnswer(
  interaction: DiscordInteraction,
  options: FirstAnswerOptions,
): Promise<FirstAnswer> {
  switch (interaction.kind) {
    case 'ping':
      return { response: { type: InteractionResponseType.Pong } };
    case 'completion': {
      const service = {
        complete: async (text: string, cursor: number) => completeCommand(text, cursor, []),
      };
      const choices = await toCompletions(interaction, service);
      const type = InteractionResponseType.ApplicationCommandAutocompleteResult;
      return { response: { type, data: { choices } } };
    }
    case 'press':
      return toPressAnswer(interaction, options);
    case 'menu':
      return defer(true);
    case 'form':
      return defer(await options.isPrivatePerson(interaction.origin));
    case 'command': {
      const isAsked = interaction.options.some(
        ({ name, value }) => name === 'private' && value === true,
      );
      return defer(isAsked || (await options.isPrivatePerson(interaction.origin)));
    }
  }
}

async function toPressAnswer(
  { customId }: Extract<DiscordInteraction, { kind: 'press' }>,
  { commandOf }: FirstAnswerOptions,
): Promise<FirstAnswer> {
  const action = parseAction(customId);
  if (action?.name === 'edit') {
    const command = await commandOf(action.jobId);
    return command === undefined
      ? say('This card was deleted; start anew with /imagine.')
      : { response: { type: InteractionResponseType.Modal, data: toEditForm(command, []) } };
  }
  const pressedJobId = action?.jobId;
  if (action?.name === 'cancel' || action?.name === 'delete') {
    const type = InteractionResponseType.DeferredMessageUpdate;
    return { response: { type }, rest: { isPrivate: false, pressedJobId } };
  }
  return defer(false, pressedJobId);
}

function defer(isPrivate: boolean, pressedJobId?: string): FirstAnswer {
  const type = InteractionResponseType.DeferredChannelMessageWithSource;
  const flags = isPrivate ? { data: { flags: MessageFlags.Ephemeral as const } } : {};
  return { response: { type, ...flags }, rest: { isPrivate, pressedJobId } };
}

export const NOT_TAKEN = 'The bot could not take this just now; please try again in a moment.';

/** When the work could not be handed on: Discord shows an answer with an error as its own failure, which says nothing. */
export function toFailureAnswer({ kind }: DiscordInteraction): FirstResponse {
  if (kind === 'completion') {
    const type = InteractionResponseType.ApplicationCommandAutocompleteResult;
    return { type, data: { choices: [] } };
  }
  return say(NOT_TAKEN).response;
}

function say(sentence: string): FirstAnswer {
  const type = InteractionResponseType.ChannelMessageWithSource;
  return { response: { type, data: renderNotice({ lines: [sentence] }) } };
}

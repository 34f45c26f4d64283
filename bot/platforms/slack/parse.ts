/**
 * What Slack delivers, parsed once: a slash command, a press, a submitted modal, a shortcut, an opened App Home, a
 * message to the bot. The same for Socket Mode and signed HTTP.
 */
import * as z from 'zod';
import type { Place, User } from '../../core/ports.ts';
import {
  commandSchema,
  eventSchema,
  idSchema,
  pressSchema,
  shortcutSchema,
  submitSchema,
  type SlackFile,
} from './delivery-schemas.ts';
import type { inputSchema, userSchema } from './delivery-schemas.ts';
import { readMessageText } from './format-text.ts';
import { SLACK_LIMITS } from './limits.ts';

/** What every delivery that a person caused has. */
interface Origin {
  user: User;
  place: Place;
  /** The same when Slack delivers it again. */
  deliveryId: string;
}

/** What stood in a modal's field: `values` by the field's action id. */
export interface FieldValue {
  text: string | undefined;
  files: readonly SlackFile[];
}

export type SlackDelivery =
  | ({ kind: 'command'; name: string; text: string; triggerId: string } & Origin)
  | ({
      kind: 'press';
      actionId: string;
      value: string | undefined;
      triggerId: string;
      /** Pressed in App Home rather than under a message. */
      isAtHome: boolean;
      isEphemeral: boolean;
      /** Files that the message shows. */
      shownFileIds: readonly string[];
    } & Origin)
  | {
      kind: 'submit';
      callbackId: string;
      user: User;
      spaceId: string | undefined;
      metadata: string;
      values: Readonly<Record<string, FieldValue>>;
      deliveryId: string;
    }
  | ({
      kind: 'shortcut';
      callbackId: string;
      triggerId: string;
      files: readonly SlackFile[];
      /** Ids of the buttons in the message: they name the job of a card. */
      buttonIds: readonly string[];
    } & Origin)
  | ({ kind: 'home' } & Origin)
  | ({ kind: 'mention'; text: string; files: readonly SlackFile[] } & Origin)
  | { kind: 'challenge'; challenge: string }
  /** Nothing for this bot: an event that it did not ask for, or a message of its own. */
  | { kind: 'ignored' };

/** The body of a signed request as a payload: JSON for events, a form for the rest. Undefined when it is neither. */
export function readRequestBody(body: string): unknown {
  try {
    if (body.startsWith('{')) return JSON.parse(body);
    const form = Object.fromEntries(new URLSearchParams(body));
    return form['payload'] === undefined ? form : JSON.parse(form['payload']);
  } catch {
    return undefined;
  }
}

/** The delivery's payload as plain data. `nowMs` dates the response_url. */
export function parseDelivery(payload: unknown, nowMs: number): SlackDelivery {
  const type = z.object({ type: z.string().optional(), command: z.string().optional() });
  const head = type.safeParse(payload);
  if (!head.success) return { kind: 'ignored' };
  if (head.data.command !== undefined) return parseWith(commandSchema, payload, toCommand(nowMs));
  switch (head.data.type) {
    case 'block_actions':
      return parseWith(pressSchema, payload, toPress(nowMs));
    case 'view_submission':
      return parseWith(submitSchema, payload, toSubmit);
    case 'message_action':
      return parseWith(shortcutSchema, payload, toShortcut(nowMs));
    case 'event_callback':
      return parseWith(eventSchema, payload, toEvent);
    case 'url_verification':
      return parseWith(
        z.object({ challenge: z.string().max(1_000) }),
        payload,
        ({ challenge }) => ({
          kind: 'challenge',
          challenge,
        }),
      );
    case undefined:
    default:
      return { kind: 'ignored' };
  }
}

function parseWith<T>(
  schema: z.ZodType<T>,
  payload: unknown,
  convert: (value: T) => SlackDelivery,
): SlackDelivery {
  const parsed = schema.safeParse(payload);
  return parsed.success ? convert(parsed.data) : { kind: 'ignored' };
}

/** Direct messages have ids that begin with D. */
const isDirect = (channelId: string): boolean => channelId.startsWith('D');

function toReply(responseUrl: string | undefined, nowMs: number): Partial<Place> {
  if (responseUrl === undefined) return {};
  return {
    replyToken: responseUrl,
    replyTokenExpiresAtMs: nowMs + SLACK_LIMITS.responseUrlLifeMs,
  };
}

const toUser = ({ id, name, username }: z.infer<typeof userSchema>): User => ({
  id,
  name: name ?? username ?? id,
});

function toPlace(channelId: string, spaceId: string | undefined, rest: Partial<Place> = {}): Place {
  return { platform: 'slack', channelId, spaceId, isDirect: isDirect(channelId), ...rest };
}

const toCommand =
  (nowMs: number) =>
  (body: z.infer<typeof commandSchema>): SlackDelivery => ({
    kind: 'command',
    name: body.command.replace(/^\//, ''),
    text: body.text,
    triggerId: body.trigger_id,
    user: { id: body.user_id, name: body.user_name },
    place: toPlace(body.channel_id, body.team_id, toReply(body.response_url, nowMs)),
    deliveryId: body.trigger_id,
  });

const toPress =
  (nowMs: number) =>
  (body: z.infer<typeof pressSchema>): SlackDelivery => {
    const [action] = body.actions;
    if (action === undefined) return { kind: 'ignored' };
    const { message, channel, team, user, container } = body;
    const isEphemeral = container.is_ephemeral === true;
    return {
      kind: 'press',
      actionId: action.action_id,
      value: action.selected_option?.value ?? action.value,
      triggerId: body.trigger_id,
      isAtHome: channel === undefined,
      isEphemeral,
      shownFileIds: findFileIds(message?.blocks ?? []),
      user: toUser(user),
      // At home the person's own id stands for their direct messages with the bot.
      place: toPlace(channel?.id ?? user.id, team?.id, {
        ...toReply(body.response_url, nowMs),
        ...(message?.thread_ts !== undefined && { threadId: message.thread_ts }),
        ...(channel === undefined && { isDirect: true }),
        ...(isEphemeral && { isPrivate: true }),
      }),
      deliveryId: body.trigger_id,
    };
  };

function toSubmit({
  user,
  team,
  view,
  trigger_id: triggerId,
}: z.infer<typeof submitSchema>): SlackDelivery {
  const values = Object.values(view.state.values).flatMap((fields) => Object.entries(fields));
  return {
    kind: 'submit',
    callbackId: view.callback_id,
    user: toUser(user),
    spaceId: team?.id,
    metadata: view.private_metadata,
    values: Object.fromEntries(values.map(([name, input]) => [name, toFieldValue(input)])),
    // The view's own id stays when a refused form is sent again.
    deliveryId: triggerId,
  };
}

function toFieldValue(input: z.infer<typeof inputSchema>): FieldValue {
  const chosen = input.selected_options?.map(({ value }) => value).join(',');
  const text = input.value ?? input.selected_option?.value ?? chosen;
  return { text: text === '' ? undefined : text, files: input.files ?? [] };
}

const toShortcut =
  (nowMs: number) =>
  (body: z.infer<typeof shortcutSchema>): SlackDelivery => {
    const { message, channel, team } = body;
    return {
      kind: 'shortcut',
      callbackId: body.callback_id,
      triggerId: body.trigger_id,
      files: message.files,
      buttonIds: findButtonIds(message.blocks),
      user: toUser(body.user),
      place: toPlace(channel.id, team?.id, {
        ...toReply(body.response_url, nowMs),
        ...(message.thread_ts !== undefined && { threadId: message.thread_ts }),
      }),
      deliveryId: body.trigger_id,
    };
  };

function toEvent({
  event,
  team_id: teamId,
  event_id: eventId,
}: z.infer<typeof eventSchema>): SlackDelivery {
  if (event.type === 'app_home_opened') {
    if (event.tab !== undefined && event.tab !== 'home') return { kind: 'ignored' };
    const user = { id: event.user, name: event.user };
    const place = toPlace(event.user, teamId, { isDirect: true });
    return { kind: 'home', user, place, deliveryId: eventId };
  }
  // Edits, joins and the bot's own words come as messages too; a person's file comes as file_share.
  const isPlain = event.subtype === undefined || event.subtype === 'file_share';
  const isForBot = event.type === 'app_mention' || event.channel_type === 'im';
  if (event.user === undefined || event.bot_id !== undefined || !isPlain || !isForBot) {
    return { kind: 'ignored' };
  }
  return {
    kind: 'mention',
    text: readMessageText(event.text),
    files: event.files,
    user: { id: event.user, name: event.user },
    place: toPlace(event.channel, teamId, {
      ...(event.thread_ts !== undefined && { threadId: event.thread_ts }),
    }),
    deliveryId: eventId,
  };
}

function findFileIds(blocks: readonly Record<string, unknown>[]): string[] {
  return blocks.flatMap((block) => {
    const parsed = z.object({ slack_file: z.object({ id: idSchema }) }).safeParse(block);
    return parsed.success ? [parsed.data.slack_file.id] : [];
  });
}

function findButtonIds(blocks: readonly Record<string, unknown>[]): string[] {
  const schema = z.object({ elements: z.array(z.object({ action_id: z.string().optional() })) });
  return blocks.flatMap((block) => {
    const parsed = schema.safeParse(block);
    if (!parsed.success) return [];
    return parsed.data.elements.flatMap(({ action_id: actionId }) => actionId ?? []);
  });
}

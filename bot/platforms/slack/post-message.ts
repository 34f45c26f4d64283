/** One message into Slack, in the first of these ways that works: edit, new message, direct message. */
import * as z from 'zod';
import { PlaceGoneError, type JobRecord, type Place, type PlaceChanges } from '../../core/ports.ts';
import type { CallPacer } from './call-pacer.ts';
import type { SlackMessage } from './render.ts';
import type { Responder } from './response-url.ts';
import { renderSentence } from './render.ts';
import { SlackApiError, type CallOptions, type SlackApi } from './web-api.ts';

/** The place is closed to the bot: the person is written to directly. */
const CLOSED: ReadonlySet<string> = new Set([
  'access_denied',
  'channel_not_found',
  'ekm_access_denied',
  'is_archived',
  'no_permission',
  'not_in_channel',
  'restricted_action',
  'restricted_action_non_threadable_channel',
  'restricted_action_read_only_channel',
  'restricted_action_thread_locked',
  'restricted_action_thread_only_channel',
  'thread_not_found',
  'user_not_in_channel',
]);
/** The blocks are not to Slack's liking: a plainer message is tried. */
export const MALFORMED: ReadonlySet<string> = new Set([
  'invalid_blocks',
  'invalid_blocks_format',
  'msg_blocks_too_long',
  'msg_too_long',
]);

const postedSchema = z.looseObject({ ts: z.string(), channel: z.string() });
const anythingSchema = z.looseObject({});
const openedSchema = z.looseObject({ channel: z.looseObject({ id: z.string() }) });

/** Whose message it is, and where it belongs. */
export type Addressee = Pick<JobRecord, 'place' | 'user'>;

export interface MessagePosterOptions {
  api: SlackApi;
  pacer: CallPacer;
  responder: Responder;
  /** The bot's name as people mention it. */
  botName: () => string;
}

export class MessagePoster {
  readonly #options: MessagePosterOptions;
  readonly #directChannels = new Map<string, string>();

  constructor(options: MessagePosterOptions) {
    this.#options = options;
  }

  /** Edits the job's message. Throws PlaceGoneError when a person deleted it. */
  async update(record: Addressee, message: SlackMessage, call: CallOptions = {}): Promise<void> {
    const { channelId, messageId } = record.place;
    const body = { channel: channelId, ts: messageId, ...toBody(message) };
    try {
      await this.#options.api.call('chat.update', anythingSchema, body, call);
    } catch (error) {
      if (codeOf(error) !== 'message_not_found') throw error;
      throw new PlaceGoneError('the message was deleted', { cause: error });
    }
  }

  /** Edits where it can, else writes anew, else writes to the person: the result always arrives somewhere. */
  async deliver(
    record: Addressee,
    message: SlackMessage,
    signal?: AbortSignal,
  ): Promise<PlaceChanges> {
    const call = signal === undefined ? {} : { signal };
    if (record.place.messageId !== undefined) {
      try {
        await this.update(record, message, call);
        return {};
      } catch (error) {
        const code = codeOf(error);
        if (code === undefined || MALFORMED.has(code)) throw error;
        if (CLOSED.has(code)) return this.postDirectly(record, message, call);
      }
    }
    return this.post(record, message, call);
  }

  /** A new message at the place; where the bot may not write there, in the person's direct messages. */
  async post(
    record: Addressee,
    message: SlackMessage,
    call: CallOptions = {},
  ): Promise<PlaceChanges> {
    const { place } = record;
    try {
      const { channel, ts } = await this.#post(place, message, call);
      return { channelId: channel, messageId: ts };
    } catch (error) {
      const code = codeOf(error);
      if (code === undefined || !CLOSED.has(code)) throw error;
      const [changes] = await Promise.all([
        this.postDirectly(record, message, call),
        this.#options.responder.respond(place, renderSentence(this.#toRemedy(code))),
      ]);
      return changes;
    }
  }

  /** A short word below the card, since an edit notifies nobody. */
  async announce(record: Addressee, text: string): Promise<void> {
    const { place, user } = record;
    if (place.messageId === undefined) return;
    const words = isDirectChannel(place.channelId) ? text : `<@${user.id}> ${text}`;
    const threadId = threadOf(place) ?? place.messageId;
    await this.#post({ ...place, threadId }, { text: words, blocks: [] }, {});
  }

  async remove({ place }: Addressee): Promise<void> {
    if (place.messageId === undefined) return;
    const body = { channel: place.channelId, ts: place.messageId };
    try {
      await this.#options.api.call('chat.delete', anythingSchema, body);
    } catch (error) {
      // Somebody was faster.
      if (codeOf(error) !== 'message_not_found') throw error;
    }
  }

  /** For one person's eyes, where a response_url cannot do it any more. */
  async postEphemeral(record: Addressee, message: SlackMessage): Promise<void> {
    const { place, user } = record;
    const thread = threadOf(place);
    await this.#options.api.call('chat.postEphemeral', anythingSchema, {
      channel: place.channelId,
      user: user.id,
      ...toBody(message),
      ...(thread !== undefined && { thread_ts: thread }),
    });
  }

  /** In the person's direct messages with the bot. */
  async postDirectly(
    record: Addressee,
    message: SlackMessage,
    call: CallOptions = {},
  ): Promise<PlaceChanges> {
    const channelId = await this.#openDirect(record.user.id);
    const place: Place = { ...record.place, channelId };
    const { ts } = await this.#post(place, message, call);
    return { channelId, messageId: ts };
  }

  async #openDirect(userId: string): Promise<string> {
    const known = this.#directChannels.get(userId);
    if (known !== undefined) return known;
    const { channel } = await this.#options.api.call('conversations.open', openedSchema, {
      users: userId,
    });
    this.#directChannels.set(userId, channel.id);
    return channel.id;
  }

  async #post(
    place: Place,
    message: SlackMessage,
    call: CallOptions,
  ): Promise<z.infer<typeof postedSchema>> {
    const { api, pacer } = this.#options;
    const thread = threadOf(place);
    await pacer.takeChannel(place.channelId, call.signal);
    return api.call(
      'chat.postMessage',
      postedSchema,
      {
        channel: place.channelId,
        ...toBody(message),
        ...(thread !== undefined && { thread_ts: thread }),
        unfurl_links: false,
        unfurl_media: false,
      },
      call,
    );
  }

  #toRemedy(code: string): string {
    const name = this.#options.botName();
    if (code === 'not_in_channel' || code === 'channel_not_found') {
      return `I am not a member of this channel, so I cannot post here: type /invite @${name} and your next picture appears here. This one comes as a direct message.`;
    }
    return `This channel does not let me post here (${code}); your picture comes as a direct message.`;
  }
}

/** Direct messages have ids that begin with D. */
export const isDirectChannel = (channelId: string): boolean => channelId.startsWith('D');

/** A card that had to move to the direct messages has left its thread behind. */
function threadOf({ channelId, threadId, isDirect }: Place): string | undefined {
  return isDirectChannel(channelId) && isDirect !== true ? undefined : threadId;
}

function toBody({ text, blocks }: SlackMessage): Record<string, unknown> {
  // Nothing in the words becomes a link or a mention by itself.
  return { text, parse: 'none', link_names: false, ...(blocks.length > 0 && { blocks }) };
}

export function codeOf(error: unknown): string | undefined {
  return error instanceof SlackApiError ? error.code : undefined;
}

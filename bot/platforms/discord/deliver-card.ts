/**
 * Brings a card to its message, by the first way that is open: the interaction's token, the bot's own name on the
 * stored message, a new message in the channel, a direct message. A message or channel that was deleted ends it.
 */
import * as z from 'zod';
import type { Clock, JobRecord, Logger, Place, PlaceChanges } from '../../core/ports.ts';
import { PlaceGoneError } from '../../core/ports.ts';
import { DiscordError, isDiscordError, type ApiRequest, type DiscordApi } from './api.ts';
import type { BuiltMessage } from './build-message.ts';
import { DISCORD_LIMITS } from './limits.ts';
import type { Replies } from './replies.ts';

const messageSchema = z.looseObject({
  id: z.string(),
  channel_id: z.string(),
  attachments: z.array(z.unknown()).default([]),
});
const channelSchema = z.looseObject({ id: z.string() });
const NONCE_CHARACTERS = 25;
const EPHEMERAL_FLAG = 1 << 6;

export interface DelivererOptions {
  api: DiscordApi;
  replies: Replies;
  clock: Clock;
  logger: Logger;
  applicationId: () => string;
}

/** Undefined: this way is closed, try the next one. */
type Way = (record: JobRecord, message: BuiltMessage) => Promise<PlaceChanges | undefined>;

export class CardDeliverer {
  readonly #options: DelivererOptions;
  /** Jobs whose new message may or may not have been posted. */
  readonly #unsure = new Set<string>();

  constructor(options: DelivererOptions) {
    this.#options = options;
  }

  /** Throws PlaceGoneError, or what kept Discord from taking it: then it is worth another try. */
  async deliver(given: JobRecord, message: BuiltMessage, isFinal: boolean): Promise<PlaceChanges> {
    const record = await this.#withMessage(given);
    const ways: Way[] = [
      (...given) => this.#byToken(...given, isFinal),
      (...given) => this.#asBot(...given, isFinal),
      (...given) => this.#asNewMessage(...given),
      (...given) => this.#asDirectMessage(...given),
    ];
    for (const way of ways) {
      const changes = await way(record, message);
      if (changes !== undefined) return changes;
    }
    throw new PlaceGoneError('There is no way left to show the card to the person.');
  }

  /** Of the first answer, which may be known here before the core has heard of it. */
  async messageId({ place }: JobRecord): Promise<string | undefined> {
    const { messageId, replyToken, isFollowUp } = place;
    if (messageId !== undefined || replyToken === undefined || isFollowUp) return messageId;
    return (await this.#options.replies.wait(replyToken)).messageId;
  }

  async #withMessage(record: JobRecord): Promise<JobRecord> {
    const messageId = await this.messageId(record);
    return { ...record, place: { ...record.place, messageId } };
  }

  /** Removes the card's message; one that is gone already is as good. */
  async remove(given: JobRecord): Promise<void> {
    const { api } = this.#options;
    const { place } = await this.#withMessage(given);
    try {
      if (this.#isTokenAlive(place)) {
        const { isAnswered } = await this.#options.replies.wait(place.replyToken ?? '');
        const path = this.#webhookPath(place);
        if (isAnswered) await api.request({ method: 'DELETE', path, isBot: false });
        if (isAnswered) return;
      }
    } catch (error) {
      if (isDiscordError(error, 'unknownMessage', 'unknownChannel')) return;
      if (!isTokenError(error)) throw error;
    }
    const { channelId, messageId, isPrivate } = place;
    if (messageId === undefined || isPrivate) return;
    try {
      const path = `/channels/${channelId}/messages/${messageId}` as const;
      await api.request({ method: 'DELETE', path, isBot: true });
    } catch (error) {
      if (!isDiscordError(error, 'unknownMessage', 'unknownChannel')) throw error;
    }
  }

  async #byToken(
    { place }: JobRecord,
    message: BuiltMessage,
    isFinal: boolean,
  ): Promise<PlaceChanges | undefined> {
    if (!this.#isTokenAlive(place)) return undefined;
    const reply = await this.#options.replies.wait(place.replyToken ?? '');
    if (!reply.isAnswered) return undefined;
    const isNew = place.isFollowUp === true && place.messageId === undefined;
    try {
      const path = isNew ? this.#webhookBase(place) : this.#webhookPath(place);
      const method = isNew ? 'POST' : 'PATCH';
      const body = isNew ? message.body : withoutEphemeral(message.body);
      const sent = await this.#send({ method, path, isBot: false }, { ...message, body }, isFinal);
      return { messageId: sent.id, channelId: sent.channel_id };
    } catch (error) {
      if (isGone(error)) throw toGone(error);
      if (isTokenError(error) || isDiscordError(error, 'followUpsUsedUp')) return undefined;
      throw error;
    }
  }

  async #asBot(
    { place }: JobRecord,
    message: BuiltMessage,
    isFinal: boolean,
  ): Promise<PlaceChanges | undefined> {
    const { channelId, messageId, isPrivate } = place;
    // A message for one person's eyes is not there for the bot itself.
    if (messageId === undefined || isPrivate) return undefined;
    try {
      const path = `/channels/${channelId}/messages/${messageId}` as const;
      const plain = { ...message, body: withoutEphemeral(message.body) };
      const sent = await this.#send({ method: 'PATCH', path, isBot: true }, plain, isFinal);
      return { messageId: sent.id };
    } catch (error) {
      if (isGone(error)) throw toGone(error);
      if (isAccessError(error)) return undefined;
      throw error;
    }
  }

  async #asNewMessage(record: JobRecord, message: BuiltMessage): Promise<PlaceChanges | undefined> {
    const { channelId, isPrivate } = record.place;
    if (isPrivate) return undefined;
    try {
      return await this.#create(record, channelId, message);
    } catch (error) {
      if (isGone(error)) throw toGone(error);
      if (isAccessError(error)) return undefined;
      throw error;
    }
  }

  async #asDirectMessage(
    record: JobRecord,
    message: BuiltMessage,
  ): Promise<PlaceChanges | undefined> {
    const { api } = this.#options;
    try {
      const body = { recipient_id: record.user.id };
      const path = '/users/@me/channels';
      const opened = await api.request({ method: 'POST', path, body, isBot: true });
      const { id } = channelSchema.parse(opened);
      return await this.#create(record, id, message);
    } catch (error) {
      if (isAccessError(error) || isGone(error)) return undefined;
      throw error;
    }
  }

  /**
   * The nonce makes a second try after a lost answer find the first one's message: with the words of that first try,
   * so that it is edited at once.
   */
  async #create(
    record: JobRecord,
    channelId: string,
    message: BuiltMessage,
  ): Promise<PlaceChanges> {
    const nonce = { nonce: record.id.slice(0, NONCE_CHARACTERS), enforce_nonce: true };
    const body = withoutEphemeral(message.body);
    const path = `/channels/${channelId}/messages` as const;
    const isSecondTry = this.#unsure.has(record.id);
    this.#unsure.add(record.id);
    const create = { method: 'POST', path, isBot: true } as const;
    const files = message.files;
    const sent = await this.#send(create, { body: { ...body, ...nonce }, files }, true).catch(
      (error: unknown) => {
        if (error instanceof DiscordError && error.status < 500) this.#unsure.delete(record.id);
        throw error;
      },
    );
    if (isSecondTry || sent.attachments.length !== files.length) {
      const edit = { method: 'PATCH', path: `${path}/${sent.id}`, isBot: true } as const;
      await this.#send(edit, { body, files }, true);
    }
    this.#unsure.delete(record.id);
    this.#options.logger.info({ jobId: record.id, channelId }, 'a card became a new message');
    return { messageId: sent.id, channelId: sent.channel_id, replyTokenExpiresAtMs: 0 };
  }

  /** A preview that waits too long for its bucket gives its place up: the next one is newer. */
  async #send(
    request: Pick<ApiRequest, 'method' | 'path' | 'isBot'>,
    { body, files }: { body: unknown; files: BuiltMessage['files'] },
    isFinal: boolean,
  ): Promise<z.infer<typeof messageSchema>> {
    const signal = isFinal ? undefined : AbortSignal.timeout(DISCORD_LIMITS.previewTimeoutMs);
    return messageSchema.parse(
      await this.#options.api.request({ ...request, body, files, signal }),
    );
  }

  #isTokenAlive({ replyToken, replyTokenExpiresAtMs = 0 }: Place): boolean {
    return replyToken !== undefined && this.#options.clock.nowMs() < replyTokenExpiresAtMs;
  }

  #webhookBase({ replyToken }: Place): `/${string}` {
    return `/webhooks/${this.#options.applicationId()}/${replyToken}`;
  }

  #webhookPath(place: Place): `/${string}` {
    const isFollowUp = place.isFollowUp === true && place.messageId !== undefined;
    return `${this.#webhookBase(place)}/messages/${isFollowUp ? place.messageId : '@original'}`;
  }
}

/** Whether only its reader sees a message is settled when it is made. */
function withoutEphemeral<T extends { flags: number }>(body: T): T {
  return { ...body, flags: body.flags & ~EPHEMERAL_FLAG };
}

const isGone = (error: unknown): boolean =>
  isDiscordError(error, 'unknownMessage', 'unknownChannel');
const isTokenError = (error: unknown): boolean =>
  isDiscordError(error, 'invalidToken', 'unknownWebhook', 'unknownInteraction');
const isAccessError = (error: unknown): boolean =>
  isDiscordError(error, 'missingAccess', 'missingPermissions', 'notAuthor', 'cannotMessageUser');
const toGone = (error: unknown): PlaceGoneError =>
  new PlaceGoneError('The message or its channel was deleted.', { cause: error });

/** Discord as a chat platform: interactions come in by the gateway or by signed HTTP, cards go out as messages. */
import { setTimeout as sleep } from 'node:timers/promises';
import { InteractionResponseType } from 'discord-api-types/v10';
import type { PictureEncoder } from '../../core/picture-encoder.ts';
import type { ChatPlatform, Clock, Logger } from '../../core/ports.ts';
import type { ImagineService, JobEntry } from '../../core/service.ts';
import { DiscordError, isDiscordError, type DiscordApi } from './api.ts';
import { createAttachmentFetcher } from './attachments.ts';
import {
  buildMessage,
  buildRegion,
  type BuiltMessage,
  type MessageParts,
} from './build-message.ts';
import { CardDeliverer } from './deliver-card.ts';
import { FollowUps } from './follow-ups.ts';
import { InteractionHandler, type Respond } from './handle-interaction.ts';
import { createHttpInteractions, type HttpInteractions } from './http-interactions.ts';
import { DISCORD_LIMITS } from './limits.ts';
import { registerCommands } from './register-commands.ts';
import { Replies } from './replies.ts';
import type { FirstResponse } from './respond.ts';

export interface DiscordPlatformOptions {
  api: DiscordApi;
  apiUrl: string;
  encoder: PictureEncoder;
  clock: Clock;
  logger: Logger;
  toLink?: ((jobId: string, index: number) => string) | undefined;
}

export interface DiscordPlatform {
  platform: ChatPlatform;
  /** From here on interactions are taken. Registers the commands when they have changed. */
  start(service: ImagineService, applicationId: string): Promise<void>;
  /** As start, but leaves the commands as they are registered. */
  attach(service: ImagineService, applicationId: string): void;
  /** The work of an interaction whose first answer was given elsewhere, see toFirstAnswer. */
  finish(raw: unknown, isPrivate: boolean, receivedAtMs: number): Promise<void>;
  /** One interaction of the gateway. Never throws. */
  receive(raw: unknown): Promise<void>;
  /** The endpoint for signed HTTP requests. */
  createHttp(publicKeyHex: string): HttpInteractions;
}

const CALLBACK_TRIES = 3;
const CALLBACK_PAUSE_MS = 100;

export function createDiscordPlatform(options: DiscordPlatformOptions): DiscordPlatform {
  return new DiscordAdapter(options);
}

class DiscordAdapter implements DiscordPlatform {
  readonly #options: DiscordPlatformOptions;
  readonly #replies: Replies;
  readonly #deliverer: CardDeliverer;
  /** What each open job's message shows, so that an equal card is not sent twice. */
  readonly #shown = new Map<string, string>();
  #service: ImagineService | undefined;
  #handler: InteractionHandler | undefined;
  #applicationId = '';

  constructor(options: DiscordPlatformOptions) {
    this.#options = options;
    this.#replies = new Replies(options.clock);
    this.#deliverer = new CardDeliverer({
      ...options,
      replies: this.#replies,
      applicationId: () => this.#applicationId,
    });
  }

  readonly platform: ChatPlatform = {
    name: 'discord',
    minimumUpdateIntervalMs: DISCORD_LIMITS.updateIntervalMs,
    showCard: async (record, card) => {
      const message = await this.#build({ record, card });
      const content = message.files.length > 0 ? '' : JSON.stringify(message.body.components);
      if (content !== '' && !card.isFinal && this.#shown.get(record.id) === content) {
        // These words stand there already: only the message's id may be news.
        const messageId = record.place.messageId ?? (await this.#deliverer.messageId(record));
        if (messageId !== undefined) return { messageId };
      }
      const changes = await this.#deliverer.deliver(record, message, card.isFinal);
      if (card.isFinal) this.#shown.delete(record.id);
      else this.#shown.set(record.id, content);
      return changes;
    },
    removeCard: async (record) => {
      this.#shown.delete(record.id);
      await this.#deliverer.remove(record);
    },
  };

  async start(service: ImagineService, applicationId: string): Promise<void> {
    this.attach(service, applicationId);
    const isNew = await registerCommands(this.#options.api, applicationId);
    this.#options.logger.info({ isNew }, 'the commands of Discord are registered');
  }

  attach(service: ImagineService, applicationId: string): void {
    const { api, apiUrl, clock, logger } = this.#options;
    this.#service = service;
    this.#applicationId = applicationId;
    this.#handler = new InteractionHandler({
      service,
      replies: this.#replies,
      followUps: new FollowUps({
        api,
        logger,
        build: (entry) => this.#build(entry),
        buildRegion: (region) => buildRegion(region, this.#messageParts()),
      }),
      fetchAttachment: createAttachmentFetcher(apiUrl),
      clock,
      logger,
      onCardShown: (jobId, response) => this.#noteShown(jobId, response),
    });
  }

  async finish(raw: unknown, isPrivate: boolean, receivedAtMs: number): Promise<void> {
    await this.#handler?.finish(raw, isPrivate, receivedAtMs);
  }

  async receive(raw: unknown): Promise<void> {
    await this.#handler?.handle(raw, (response) => this.#callBack(raw, response));
  }

  createHttp(publicKeyHex: string): HttpInteractions {
    return createHttpInteractions({
      publicKeyHex,
      bodyBytesMax: DISCORD_LIMITS.interactionBytes,
      logger: this.#options.logger,
      handle: (raw, respond: Respond) =>
        this.#handler?.handle(raw, respond) ?? Promise.resolve('unknown'),
    });
  }

  #build({ record, card }: JobEntry): Promise<BuiltMessage> {
    return buildMessage(record, card, this.#messageParts());
  }

  #messageParts(): MessageParts {
    const { encoder, toLink, logger } = this.#options;
    const image = (jobId: string, index: number) =>
      this.#service?.image(jobId, index) ?? Promise.resolve(undefined);
    return { image, encoder, toLink, logger };
  }

  #noteShown(jobId: string, response: FirstResponse): void {
    if (response.type !== InteractionResponseType.ChannelMessageWithSource) return;
    this.#shown.set(jobId, JSON.stringify(response.data.components));
    if (this.#shown.size <= SHOWN_MAX) return;
    const [oldest] = this.#shown.keys();
    this.#shown.delete(oldest ?? '');
  }

  /** The first answer over REST. What did not get through is tried again at once: there are only 3 seconds. */
  async #callBack(raw: unknown, body: FirstResponse): Promise<{ messageId?: string | undefined }> {
    const { id, token } = raw as { id: string; token: string };
    for (let trial = 1; ; trial += 1) {
      try {
        const answer = await this.#options.api.request({
          method: 'POST',
          path: `/interactions/${id}/${token}/callback`,
          query: { with_response: 'true' },
          body,
          isBot: false,
        });
        return { messageId: toMessageId(answer) };
      } catch (error) {
        if (trial > 1 && isDiscordError(error, 'alreadyAcknowledged')) return {};
        const isPassing = !(error instanceof DiscordError) || error.status >= 500;
        if (!isPassing || trial >= CALLBACK_TRIES) throw error;
      }
      await sleep(CALLBACK_PAUSE_MS);
    }
  }
}

const SHOWN_MAX = 2_500;

function toMessageId(answer: unknown): string | undefined {
  const { resource } = answer as { resource?: { message?: { id?: unknown } } };
  const id = resource?.message?.id;
  return typeof id === 'string' ? id : undefined;
}

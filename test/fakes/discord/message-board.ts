/** Creates, edits and deletes messages, and shows them as the API does: files behind signed, expiring addresses. */
import { createHmac, randomBytes } from 'node:crypto';
import { ApiError } from './api-error.ts';
import type { MessageBody, MessageRules } from './message-rules.ts';
import { toText } from './transcript.ts';
import type {
  DiscordChannel,
  DiscordMessage,
  DiscordUser,
  Json,
  StoredAttachment,
  World,
} from './world.ts';

const SIGNED_FOR_MS = 24 * 60 * 60_000;

export class MessageBoard {
  readonly #world: World;
  readonly #rules: MessageRules;
  readonly #secret = randomBytes(32);
  readonly #origin: () => string;

  constructor(world: World, rules: MessageRules, origin: () => string) {
    this.#world = world;
    this.#rules = rules;
    this.#origin = origin;
  }

  create(channel: DiscordChannel, body: MessageBody, visibleTo?: DiscordUser): DiscordMessage {
    const message = this.#insert(channel, visibleTo);
    this.#rules.apply(message, body);
    this.#keep(message);
    return message;
  }

  createLoading(channel: DiscordChannel, visibleTo?: DiscordUser): DiscordMessage {
    const message = this.#insert(channel, visibleTo);
    message.isLoading = true;
    this.#keep(message);
    return message;
  }

  edit(message: DiscordMessage, body: MessageBody): void {
    this.#rules.apply(message, body);
    message.editsMs.push(this.#world.clock.nowMs());
    this.#keep(message);
  }

  checkEdit({ json }: MessageBody): void {
    this.#rules.checkSchema('webhook-edit', json);
  }

  /** A file that a person drops into a command or a message. */
  upload(channel: DiscordChannel, file: Omit<StoredAttachment, 'id' | 'channelId'>): Json {
    const attachment = { ...file, id: this.#world.nextId(), channelId: channel.id };
    this.#world.attachments.set(attachment.id, attachment);
    return this.toApiAttachment(attachment);
  }

  toApi(message: DiscordMessage): Json {
    const author = this.#world.users.get(message.authorId);
    return {
      id: message.id,
      channel_id: message.channel.id,
      type: 20,
      author: { id: message.authorId, username: author?.name ?? 'Imagine', discriminator: '0' },
      content: message.content,
      timestamp: new Date(message.createdAtMs).toISOString(),
      flags: message.flags,
      components: message.components,
      attachments: message.attachments.map((attachment) => this.toApiAttachment(attachment)),
      embeds: [],
      mentions: [],
      mention_roles: [],
      pinned: false,
      tts: false,
    };
  }

  toApiAttachment(attachment: StoredAttachment): Json {
    const { id, filename, description, contentType, bytes, channelId } = attachment;
    const expires = Math.trunc((this.#world.clock.nowMs() + SIGNED_FOR_MS) / 1_000).toString(16);
    const path = `/attachments/${channelId}/${id}/${encodeURIComponent(filename)}`;
    const url = `${this.#origin()}${path}?ex=${expires}&hm=${this.#sign(path, expires)}`;
    const size = bytes.byteLength;
    return { id, filename, description, content_type: contentType, size, url, proxy_url: url };
  }

  /** The file at a signed address; undefined when the signature is wrong or the time is over. */
  read(path: string, query: URLSearchParams): StoredAttachment | undefined {
    const expires = query.get('ex') ?? '';
    if (query.get('hm') !== this.#sign(path, expires)) return undefined;
    if (Number.parseInt(expires, 16) * 1_000 < this.#world.clock.nowMs()) return undefined;
    return this.#world.attachments.get(path.split('/')[3] ?? '');
  }

  #sign(path: string, expires: string): string {
    return createHmac('sha256', this.#secret).update(`${path}?${expires}`).digest('hex');
  }

  #insert(channel: DiscordChannel, visibleTo: DiscordUser | undefined): DiscordMessage {
    if (channel.isDeleted) throw new ApiError('unknownChannel');
    return {
      id: this.#world.nextId(),
      channel,
      authorId: this.#world.application.id,
      createdAtMs: this.#world.clock.nowMs(),
      flags: visibleTo === undefined ? 0 : 64,
      content: '',
      components: [],
      attachments: [],
      visibleTo,
      isLoading: false,
      isDeleted: false,
      editsMs: [],
      versions: [],
    };
  }

  #keep(message: DiscordMessage): void {
    this.#world.messages.set(message.id, message);
    const text = toText(message);
    if (message.versions.at(-1) !== text) message.versions.push(text);
  }
}

/** What Discord remembers: servers, channels, people, messages, files, interactions. Plain data and look-ups. */
import type { Clock } from '../../../bot/core/ports.ts';
import type { VirtualClock } from '../virtual-clock.ts';

export interface DiscordUser {
  id: string;
  name: string;
  acceptsDirectMessages: boolean;
}

export interface DiscordGuild {
  id: string;
  /** Whether the bot is a member; false where people only brought it along as a user-installed app. */
  hasBot: boolean;
  attachmentSizeLimit: number;
  /** What the bot may do there, as Discord's bit set. */
  permissions: string;
}

export interface DiscordChannel {
  id: string;
  guild: DiscordGuild | undefined;
  isAgeRestricted: boolean;
  /** The other person of a direct conversation. */
  recipient: DiscordUser | undefined;
  isDeleted: boolean;
}

export interface StoredAttachment {
  id: string;
  filename: string;
  description: string | undefined;
  contentType: string;
  bytes: Uint8Array;
  channelId: string;
}

// oxlint-disable-next-line typescript/no-explicit-any -- bodies are checked by Discord's own schemas before they come here
export type Json = any;

export interface DiscordMessage {
  id: string;
  channel: DiscordChannel;
  authorId: string;
  createdAtMs: number;
  flags: number;
  content: string;
  components: Json[];
  attachments: StoredAttachment[];
  /** The only one who sees an ephemeral message. */
  visibleTo: DiscordUser | undefined;
  /** Set while the message says that the bot is thinking. */
  isLoading: boolean;
  isDeleted: boolean;
  editsMs: number[];
  /** Every version that people saw, as the transcript renders them. */
  versions: string[];
}

export type FirstResponse =
  | 'message'
  | 'deferred-message'
  | 'deferred-update'
  | 'update'
  | 'modal'
  | 'autocomplete'
  | 'pong';

export interface DiscordInteraction {
  id: string;
  token: string;
  /** APIInteraction's own numbers: 2 command, 3 component, 4 autocomplete, 5 modal submit. */
  type: 2 | 3 | 4 | 5;
  user: DiscordUser;
  channel: DiscordChannel;
  createdAtMs: number;
  /** When it was sent to the bot for the first time; acknowledgement is measured from here. */
  deliveredAtMs: number | undefined;
  acknowledgedAfterMs: number | undefined;
  deliveries: number;
  firstResponse: FirstResponse | undefined;
  /** The message a component or a modal of a component belongs to. */
  sourceMessage: DiscordMessage | undefined;
  original: DiscordMessage | undefined;
  followUps: number;
  followUpMessages: DiscordMessage[];
  choices: { name: string; value: string }[] | undefined;
  modal: Json;
  payload: Json;
}

/** View channels, send messages, send in threads, attach files. */
const BOT_PERMISSIONS = String((1n << 10n) | (1n << 11n) | (1n << 15n) | (1n << 38n));
const DISCORD_EPOCH_MS = 1_420_070_400_000;

export class World {
  readonly clock: VirtualClock;
  /** What the 3 seconds of a first answer are measured by. */
  readonly patience: Clock;
  readonly application: DiscordUser;
  readonly users = new Map<string, DiscordUser>();
  readonly channels = new Map<string, DiscordChannel>();
  readonly guilds = new Map<string, DiscordGuild>();
  readonly messages = new Map<string, DiscordMessage>();
  readonly attachments = new Map<string, StoredAttachment>();
  readonly interactions = new Map<string, DiscordInteraction>();
  /** Registered commands, as the bot sent them. */
  commands: Json[] = [];
  commandWrites = 0;
  #serial = 0;

  constructor(clock: VirtualClock, patience: Clock) {
    this.clock = clock;
    this.patience = patience;
    this.application = this.addUser('Imagine');
  }

  /** A snowflake: milliseconds since 2015 and a serial number. */
  nextId(): string {
    this.#serial += 1;
    const sinceEpoch = BigInt(Math.trunc(this.clock.nowMs()) - DISCORD_EPOCH_MS);
    return ((sinceEpoch << 22n) | BigInt(this.#serial & 0x3f_ffff)).toString();
  }

  addUser(name: string): DiscordUser {
    const user = { id: this.nextId(), name, acceptsDirectMessages: true };
    this.users.set(user.id, user);
    return user;
  }

  addGuild(options: Partial<DiscordGuild> = {}): DiscordGuild {
    const id = this.nextId();
    const guild = {
      id,
      hasBot: true,
      attachmentSizeLimit: 10 * 1024 * 1024,
      permissions: BOT_PERMISSIONS,
      ...options,
    };
    this.guilds.set(id, guild);
    return guild;
  }

  addChannel(options: Partial<DiscordChannel> = {}): DiscordChannel {
    const channel: DiscordChannel = {
      id: this.nextId(),
      guild: undefined,
      isAgeRestricted: false,
      recipient: undefined,
      isDeleted: false,
      ...options,
    };
    this.channels.set(channel.id, channel);
    return channel;
  }

  directChannel(recipient: DiscordUser): DiscordChannel {
    for (const channel of this.channels.values()) {
      if (channel.recipient === recipient) return channel;
    }
    return this.addChannel({ recipient });
  }

  interactionByToken(token: string): DiscordInteraction | undefined {
    for (const interaction of this.interactions.values()) {
      if (interaction.token === token) return interaction;
    }
    return undefined;
  }

  /** Messages of the channel that still stand there, oldest first. */
  messagesIn(channel: DiscordChannel): DiscordMessage[] {
    return [...this.messages.values()].filter(
      (message) => message.channel === channel && !message.isDeleted,
    );
  }
}

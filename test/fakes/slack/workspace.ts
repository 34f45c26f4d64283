/** What a Slack workspace holds: people, channels, messages, files, views, and the rules the app broke in it. */
import type { VirtualClock } from '../virtual-clock.ts';

export interface SlackUser {
  id: string;
  name: string;
  isAdmin: boolean;
}

export interface SlackChannel {
  id: string;
  name: string;
  kind: 'public' | 'private' | 'im';
  members: Set<string>;
}

/** A message's look at one moment. */
export interface SlackLook {
  text: string;
  blocks: readonly Record<string, unknown>[];
}

export interface SlackMessage {
  ts: string;
  channelId: string;
  threadTs: string | undefined;
  /** Who wrote it: the bot's user, or a person. */
  userId: string;
  /** Only this person sees it. */
  ephemeralFor: string | undefined;
  isDeleted: boolean;
  /** Oldest first; the last one is what stands there now. */
  looks: SlackLook[];
}

export interface SlackFile {
  id: string;
  name: string;
  ownerId: string;
  mimetype: string;
  altText: string;
  bytes: Buffer | undefined;
  declaredLength: number;
  isCompleted: boolean;
  /** From then on its type is known and blocks may show it. */
  processedAtMs: number;
  channels: Set<string>;
}

export interface SlackView {
  id: string;
  userId: string;
  kind: 'modal' | 'home';
  view: Record<string, unknown>;
}

export const BOT_TOKEN = 'xoxb-fake-bot-token';
export const APP_TOKEN = 'xapp-fake-app-token';
export const SIGNING_SECRET = 'a-signing-secret-of-the-fake';

/** One count for all workspaces of a process: ids are as unique as Slack's, also for an engine that several share. */
let counter = 0;

export class SlackWorkspace {
  readonly teamId = 'T0IMAGINE';
  readonly appId = 'A0IMAGINE';
  readonly botUserId = 'U0BOT';
  readonly botId = 'B0BOT';
  readonly clock: VirtualClock;
  readonly users = new Map<string, SlackUser>();
  readonly channels = new Map<string, SlackChannel>();
  readonly messages: SlackMessage[] = [];
  readonly files = new Map<string, SlackFile>();
  /** Open modals of each person, lowest first. */
  readonly modals = new Map<string, SlackView[]>();
  readonly homes = new Map<string, SlackView>();
  /** What the app did against the rules; a test ends by looking that there is nothing. */
  readonly violations: string[] = [];
  scopes: readonly string[] = [
    'app_mentions:read',
    'chat:write',
    'commands',
    'files:read',
    'files:write',
    'im:history',
    'im:write',
    'users:read',
  ];
  /** Larger files are refused, as some workspaces are set up. */
  fileBytesMax = 1_000_000_000;

  constructor(clock: VirtualClock) {
    this.clock = clock;
  }

  violate(rule: string): void {
    this.violations.push(rule);
  }

  nextId(prefix: string): string {
    counter += 1;
    return `${prefix}${String(counter).padStart(8, '0')}`;
  }

  /** Seconds with a counter behind the point: a message's name within its channel. */
  nextTs(): string {
    counter += 1;
    const seconds = Math.floor(this.clock.nowMs() / 1_000);
    return `${seconds}.${String(counter).padStart(6, '0')}`;
  }

  addUser(id: string, name: string, isAdmin = false): SlackUser {
    const user = { id, name, isAdmin };
    this.users.set(id, user);
    return user;
  }

  addChannel(id: string, kind: SlackChannel['kind'], memberIds: readonly string[]): SlackChannel {
    const channel = { id, name: id.toLowerCase(), kind, members: new Set(memberIds) };
    this.channels.set(id, channel);
    return channel;
  }

  /** The direct messages between the bot and a person, made when they are first needed. */
  directMessages(userId: string): SlackChannel {
    const id = `D${userId.slice(1)}`;
    return this.channels.get(id) ?? this.addChannel(id, 'im', [userId, this.botUserId]);
  }

  findMessage(channelId: string, ts: string): SlackMessage | undefined {
    return this.messages.find(
      (message) => message.channelId === channelId && message.ts === ts && !message.isDeleted,
    );
  }

  /** What the person sees in the channel now, oldest first. */
  visible(channelId: string, userId?: string): SlackMessage[] {
    return this.messages.filter(
      (message) =>
        message.channelId === channelId &&
        !message.isDeleted &&
        (message.ephemeralFor === undefined || message.ephemeralFor === userId),
    );
  }
}

/** What stands in the message now. */
export function lookOf(message: SlackMessage): SlackLook {
  return message.looks.at(-1) ?? { text: '', blocks: [] };
}

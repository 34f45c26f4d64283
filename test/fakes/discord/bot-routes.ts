/** What the bot does under its own name: messages in channels, direct messages, commands, its own application. */
import { ApiError } from './api-error.ts';
import { findCommandProblems } from './command-rules.ts';
import type { MessageBody, MessageRules } from './message-rules.ts';
import type { MessageBoard } from './message-board.ts';
import type { Violations } from './violations.ts';
import type { DiscordChannel, DiscordMessage, Json, World } from './world.ts';

const OLD_MESSAGE_MS = 60 * 60_000;
/** Discord does not publish how often an old message may be edited; a bot that needs more does something wrong. */
const OLD_MESSAGE_EDITS_PER_MINUTE = 5;

export class TooManyOldEdits extends Error {}

export class BotRoutes {
  readonly #world: World;
  readonly #violations: Violations;
  readonly #rules: MessageRules;
  readonly #board: MessageBoard;

  constructor(parts: {
    world: World;
    violations: Violations;
    rules: MessageRules;
    board: MessageBoard;
  }) {
    this.#world = parts.world;
    this.#violations = parts.violations;
    this.#rules = parts.rules;
    this.#board = parts.board;
  }

  createMessage(channelId: string, body: MessageBody): Json {
    this.#rules.checkSchema('message-create', body.json);
    const channel = this.#open(channelId);
    const { nonce, enforce_nonce: isEnforced } = body.json;
    const known = this.#world
      .messagesIn(channel)
      .find((message) => isEnforced === true && this.#nonces.get(message.id) === nonce);
    if (known !== undefined) return this.#board.toApi(known);
    const message = this.#board.create(channel, body);
    if (nonce !== undefined) this.#nonces.set(message.id, nonce);
    return this.#board.toApi(message);
  }

  readonly #nonces = new Map<string, string>();

  editMessage(channelId: string, messageId: string, body: MessageBody): Json {
    this.#rules.checkSchema('message-edit', body.json);
    const message = this.#find(channelId, messageId);
    this.#checkOldEdits(message);
    this.#board.edit(message, body);
    return this.#board.toApi(message);
  }

  getMessage(channelId: string, messageId: string): Json {
    return this.#board.toApi(this.#find(channelId, messageId));
  }

  deleteMessage(channelId: string, messageId: string): void {
    this.#find(channelId, messageId).isDeleted = true;
  }

  openDirectChannel(userId: string): Json {
    const user = this.#world.users.get(userId);
    if (user === undefined) throw new ApiError('invalidForm', 'recipient_id');
    const { id } = this.#world.directChannel(user);
    return { id, type: 1, recipients: [{ id: user.id, username: user.name }] };
  }

  replaceCommands(commands: Json[]): Json[] {
    const problems = findCommandProblems(commands);
    if (problems.length > 0) {
      for (const problem of problems) this.#violations.report('commands', problem);
      throw new ApiError('invalidForm', problems.join('; '));
    }
    this.#world.commandWrites += 1;
    this.#world.commands = commands.map((command) => this.#complete(command));
    return this.#world.commands;
  }

  /** With everything that Discord adds of its own, and the defaults it fills in. */
  #complete(command: Json): Json {
    const known = this.#world.commands.find(
      ({ name, type }) => name === command.name && type === (command.type ?? 1),
    );
    return {
      type: 1,
      description: '',
      nsfw: false,
      name_localizations: null,
      description_localizations: null,
      ...command,
      default_member_permissions:
        command.default_member_permissions === undefined
          ? null
          : String(command.default_member_permissions),
      id: known?.id ?? this.#world.nextId(),
      application_id: this.#world.application.id,
      version: this.#world.nextId(),
    };
  }

  #open(channelId: string): DiscordChannel {
    const channel = this.#world.channels.get(channelId);
    if (channel === undefined || channel.isDeleted) throw new ApiError('unknownChannel');
    if (channel.guild?.hasBot === false) throw new ApiError('missingAccess');
    if (channel.recipient?.acceptsDirectMessages === false) throw new ApiError('cannotMessageUser');
    return channel;
  }

  #find(channelId: string, messageId: string): DiscordMessage {
    const channel = this.#open(channelId);
    const message = this.#world.messages.get(messageId);
    // An ephemeral message is not in the channel for anybody but its reader, the bot included.
    const isThere =
      message?.channel === channel && !message.isDeleted && message.visibleTo === undefined;
    if (!isThere) throw new ApiError('unknownMessage');
    if (message.authorId !== this.#world.application.id) throw new ApiError('notAuthor');
    return message;
  }

  #checkOldEdits(message: DiscordMessage): void {
    const nowMs = this.#world.clock.nowMs();
    if (nowMs - message.createdAtMs < OLD_MESSAGE_MS) return;
    const recent = message.editsMs.filter((atMs) => nowMs - atMs < 60_000);
    if (recent.length >= OLD_MESSAGE_EDITS_PER_MINUTE) throw new TooManyOldEdits();
  }
}

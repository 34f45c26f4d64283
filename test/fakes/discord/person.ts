/** A person at a keyboard: types commands, presses buttons, fills in modals, deletes messages. */
import { ComponentType, InteractionContextType } from 'discord-api-types/v10';
import { findInputProblem } from './command-rules.ts';
import { flatten } from './component-rules.ts';
import type { FakeDiscord } from './fake-discord.ts';
import type {
  DiscordChannel,
  DiscordInteraction,
  DiscordMessage,
  DiscordUser,
  Json,
  StoredAttachment,
} from './world.ts';

export interface PersonOptions {
  user: DiscordUser;
  channel: DiscordChannel;
  /** Manage messages and the like, as Discord's bit set. */
  permissions?: string;
}

export type OptionValue = string | number | boolean | DroppedFile;
interface DroppedFile {
  filename: string;
  contentType: string;
  bytes: Uint8Array;
}

export class Person {
  readonly user: DiscordUser;
  readonly channel: DiscordChannel;
  readonly #discord: FakeDiscord;
  readonly #permissions: string;

  constructor(discord: FakeDiscord, options: PersonOptions) {
    this.#discord = discord;
    this.user = options.user;
    this.channel = options.channel;
    this.#permissions = options.permissions ?? '0';
  }

  /** Types a slash command; fails where Discord's own client would not let it be sent. */
  command(name: string, options: Readonly<Record<string, OptionValue>> = {}): DiscordInteraction {
    const command = this.#findCommand(name, 1);
    const attachments: Record<string, Json> = {};
    const plain = Object.fromEntries(
      Object.entries(options).map(([key, value]) => {
        if (typeof value !== 'object') return [key, value];
        const attachment = this.#discord.board.upload(this.channel, toStored(value));
        attachments[attachment.id] = attachment;
        return [key, String(attachment.id)];
      }),
    );
    const problem = findInputProblem(command, plain);
    if (problem !== undefined) throw new Error(`/${name}: ${problem}`);
    const data = {
      id: command.id,
      type: 1,
      name,
      options: toOptions(command, plain),
      resolved: { attachments },
    };
    return this.#discord.interact(this.#toPayload(2, data), this);
  }

  /** Types into an option and looks at what is offered. */
  complete(name: string, options: Readonly<Record<string, string>>, focused: string) {
    const command = this.#findCommand(name, 1);
    const typed = toOptions(command, options).map((option) => ({
      ...option,
      focused: option.name === focused,
    }));
    const data = { id: command.id, type: 1, name, options: typed };
    return this.#discord.interact(this.#toPayload(4, data), this);
  }

  /** Chooses a command from the menu of a message. */
  menu(name: string, message: DiscordMessage): DiscordInteraction {
    const command = this.#findCommand(name, 3);
    const data = {
      id: command.id,
      type: 3,
      name,
      target_id: message.id,
      resolved: { messages: { [message.id]: this.#discord.board.toApi(message) } },
    };
    return this.#discord.interact(this.#toPayload(2, data), this);
  }

  /** Presses the button with this label (or custom_id). */
  press(message: DiscordMessage, label: string): DiscordInteraction {
    const button = this.#find(message, (component) =>
      component.type === ComponentType.Button
        ? component.label === label ||
          component.custom_id === label ||
          component.emoji?.name === label
        : false,
    );
    if (button === undefined) throw new Error(`the message has no button ${label}`);
    if (button.disabled === true) throw new Error(`the button ${label} is off`);
    const data = { custom_id: button.custom_id, component_type: ComponentType.Button };
    return this.#discord.interact(this.#toPayload(3, data, message), this, message);
  }

  /** Chooses one value of a select menu. */
  choose(message: DiscordMessage, value: string): DiscordInteraction {
    const menu = this.#find(message, ({ options }) =>
      (options ?? []).some((option: Json) => option.value === value),
    );
    if (menu === undefined) throw new Error(`the message offers no ${value}`);
    const data = { custom_id: menu.custom_id, component_type: menu.type, values: [value] };
    return this.#discord.interact(this.#toPayload(3, data, message), this, message);
  }

  /** Sends the modal that the interaction opened, with these values changed. */
  submit(opened: DiscordInteraction, values: Readonly<Record<string, string>>): DiscordInteraction {
    const { modal } = opened;
    if (modal === undefined) throw new Error('no modal is open');
    const components = modal.components.map((label: Json) => ({
      type: label.type,
      id: label.id,
      component: toSubmitted(label.component, values),
    }));
    const data = { custom_id: modal.custom_id, components };
    const payload = this.#toPayload(5, data, opened.sourceMessage);
    return this.#discord.interact(payload, this, opened.sourceMessage);
  }

  /** Deletes a message, as its author or a moderator. */
  delete(message: DiscordMessage): void {
    message.isDeleted = true;
  }

  #find(message: DiscordMessage, isWanted: (component: Json) => boolean): Json {
    return message.components.flatMap((component) => flatten(component)).find(isWanted);
  }

  #findCommand(name: string, type: number): Json {
    const command = this.#discord.world.commands.find(
      (candidate) => candidate.name === name && candidate.type === type,
    );
    if (command === undefined) throw new Error(`the command ${name} is not registered`);
    return command;
  }

  #toPayload(type: number, data: Json, message?: DiscordMessage): Json {
    const { world } = this.#discord;
    const { guild } = this.channel;
    const user = { id: this.user.id, username: this.user.name, discriminator: '0', avatar: null };
    const inGuild = {
      guild_id: guild?.id,
      guild: { id: guild?.id, locale: 'en-US', features: [] },
      member: {
        user,
        permissions: this.#permissions,
        roles: [],
        joined_at: '2026-01-01T00:00:00.000Z',
        flags: 0,
      },
      context: InteractionContextType.Guild,
    };
    const id = world.nextId();
    return {
      id,
      application_id: world.application.id,
      token: `interaction-token-${id}`,
      type,
      version: 1,
      data,
      channel_id: this.channel.id,
      channel: {
        id: this.channel.id,
        type: guild === undefined ? 1 : 0,
        nsfw: this.channel.isAgeRestricted,
        permissions: this.#permissions,
      },
      ...(guild === undefined ? { user, context: InteractionContextType.BotDM } : inGuild),
      ...(message !== undefined && { message: this.#discord.board.toApi(message) }),
      app_permissions: '0',
      locale: 'en-US',
      entitlements: [],
      authorizing_integration_owners:
        guild?.hasBot === true ? { '0': guild.id } : { '1': this.user.id },
      attachment_size_limit: guild?.attachmentSizeLimit ?? 10 * 1024 * 1024,
    };
  }
}

function toStored(file: DroppedFile): Omit<StoredAttachment, 'id' | 'channelId'> {
  return { ...file, description: undefined };
}

function toOptions(command: Json, values: Readonly<Record<string, unknown>>): Json[] {
  return Object.entries(values).map(([name, value]) => {
    const option = (command.options ?? []).find((candidate: Json) => candidate.name === name);
    return { name, type: option?.type ?? 3, value };
  });
}

function toSubmitted(component: Json, values: Readonly<Record<string, string>>): Json {
  const typed = values[component.custom_id];
  const { type, custom_id: customId, id } = component;
  if (component.options !== undefined) {
    const chosen = component.options.find((option: Json) => option.default === true)?.value;
    const value = typed ?? chosen;
    return { type, id, custom_id: customId, values: value === undefined ? [] : [value] };
  }
  return { type, id, custom_id: customId, value: typed ?? component.value ?? '' };
}

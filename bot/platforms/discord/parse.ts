/** What Discord sends, cut down to what the bot needs and checked. Knows no SDK. */
import {
  ApplicationCommandType,
  InteractionType,
  PermissionFlagsBits,
} from 'discord-api-types/v10';
import * as z from 'zod';
import type { Place, User } from '../../core/ports.ts';
import { DISCORD_LIMITS } from './limits.ts';

const snowflake = z.string().regex(/^\d{1,20}$/);
const userSchema = z.object({
  id: snowflake,
  username: z.string(),
  global_name: z.string().nullish(),
});
const attachmentSchema = z.object({
  id: snowflake,
  filename: z.string(),
  size: z.number(),
  url: z.string(),
  content_type: z.string().nullish(),
});
export type DiscordAttachment = z.infer<typeof attachmentSchema>;

const messageSchema = z.object({
  id: snowflake,
  author: z.object({ id: snowflake }).optional(),
  attachments: z.array(attachmentSchema).default([]),
});

const head = {
  id: snowflake,
  application_id: snowflake,
  token: z.string().min(1).max(1_000),
  guild_id: snowflake.nullish(),
  channel_id: snowflake.optional(),
  channel: z.object({ type: z.number().optional(), nsfw: z.boolean().optional() }).optional(),
  member: z
    .object({
      user: userSchema,
      nick: z.string().nullish(),
      permissions: z.string().regex(/^\d+$/).default('0'),
      roles: z.array(z.string()).default([]),
    })
    .optional(),
  user: userSchema.optional(),
  attachment_size_limit: z.number().int().positive().optional(),
};

const optionSchema = z.object({
  name: z.string(),
  value: z.union([z.string(), z.number(), z.boolean()]).optional(),
  focused: z.boolean().optional(),
});
export type CommandOption = z.infer<typeof optionSchema>;

const commandDataSchema = z.object({
  type: z.enum(ApplicationCommandType),
  name: z.string(),
  options: z.array(optionSchema).default([]),
  target_id: snowflake.optional(),
  resolved: z
    .object({
      attachments: z.record(z.string(), attachmentSchema).default({}),
      messages: z.record(z.string(), messageSchema).default({}),
    })
    .default({ attachments: {}, messages: {} }),
});

const fieldSchema = z.object({
  component: z.object({
    custom_id: z.string(),
    value: z.string().optional(),
    values: z.array(z.string()).optional(),
  }),
});

const interactionSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal(InteractionType.Ping) }),
  z.object({
    ...head,
    type: z.literal(InteractionType.ApplicationCommand),
    data: commandDataSchema,
  }),
  z.object({
    ...head,
    type: z.literal(InteractionType.ApplicationCommandAutocomplete),
    data: commandDataSchema,
  }),
  z.object({
    ...head,
    type: z.literal(InteractionType.MessageComponent),
    message: messageSchema,
    data: z.object({ custom_id: z.string(), values: z.array(z.string()).optional() }),
  }),
  z.object({
    ...head,
    type: z.literal(InteractionType.ModalSubmit),
    message: messageSchema.optional(),
    data: z.object({ custom_id: z.string(), components: z.array(fieldSchema).default([]) }),
  }),
]);
type RawInteraction = z.infer<typeof interactionSchema>;

/** Where an interaction came from and how it is answered. */
export interface Origin {
  id: string;
  applicationId: string;
  token: string;
  user: User;
  place: Place;
}

export type DiscordInteraction =
  | { kind: 'ping' }
  | {
      kind: 'command';
      origin: Origin;
      name: string;
      options: CommandOption[];
      attachments: Record<string, DiscordAttachment>;
    }
  /** A command from the menu of a message, with the files of that message. */
  | {
      kind: 'menu';
      origin: Origin;
      name: string;
      attachments: DiscordAttachment[];
      /** Whether the bot itself wrote the message. */
      isOwnMessage: boolean;
    }
  | { kind: 'completion'; origin: Origin; name: string; options: CommandOption[] }
  | { kind: 'press'; origin: Origin; customId: string; values: string[] }
  | { kind: 'form'; origin: Origin; customId: string; fields: Record<string, string> };

/** Undefined for what is no interaction, or none that the bot knows. `nowMs` is when it arrived. */
export function parseInteraction(raw: unknown, nowMs: number): DiscordInteraction | undefined {
  const parsed = interactionSchema.safeParse(raw);
  if (!parsed.success) return undefined;
  const { data: interaction } = parsed;
  if (interaction.type === InteractionType.Ping) return { kind: 'ping' };
  const origin = toOrigin(interaction, nowMs);
  if (origin === undefined) return undefined;
  switch (interaction.type) {
    case InteractionType.ApplicationCommand:
      return toCommand(origin, interaction.data);
    case InteractionType.ApplicationCommandAutocomplete: {
      const { name, options } = interaction.data;
      return { kind: 'completion', origin, name, options };
    }
    case InteractionType.MessageComponent: {
      const { custom_id: customId, values = [] } = interaction.data;
      return { kind: 'press', origin, customId, values };
    }
    case InteractionType.ModalSubmit: {
      const { custom_id: customId, components } = interaction.data;
      return { kind: 'form', origin, customId, fields: toFields(components) };
    }
  }
}

function toFields(components: readonly z.infer<typeof fieldSchema>[]): Record<string, string> {
  return Object.fromEntries(
    components.map(({ component }) => [
      component.custom_id,
      component.value ?? component.values?.[0] ?? '',
    ]),
  );
}

function toCommand(
  origin: Origin,
  { type, name, options, target_id: targetId, resolved }: z.infer<typeof commandDataSchema>,
): DiscordInteraction | undefined {
  if (type === ApplicationCommandType.ChatInput) {
    return { kind: 'command', origin, name, options, attachments: resolved.attachments };
  }
  const message = resolved.messages[targetId ?? ''];
  if (type !== ApplicationCommandType.Message || message === undefined) return undefined;
  const isOwnMessage = message.author?.id === origin.applicationId;
  return { kind: 'menu', origin, name, attachments: message.attachments, isOwnMessage };
}

function toOrigin(
  interaction: Exclude<RawInteraction, { type: InteractionType.Ping }>,
  nowMs: number,
): Origin | undefined {
  const { id, application_id: applicationId, token, channel_id: channelId, member } = interaction;
  const user = member?.user ?? interaction.user;
  if (user === undefined || channelId === undefined) return undefined;
  const spaceId = interaction.guild_id ?? undefined;
  return {
    id,
    applicationId,
    token,
    user: toUser(user, member),
    place: {
      platform: 'discord',
      channelId,
      spaceId,
      messageId: 'message' in interaction ? interaction.message?.id : undefined,
      replyToken: token,
      replyTokenExpiresAtMs: nowMs + DISCORD_LIMITS.tokenUseMs,
      isDirect: spaceId === undefined,
      isAgeRestricted: interaction.channel?.nsfw === true,
      attachmentBytesMax: interaction.attachment_size_limit ?? DISCORD_LIMITS.attachmentBytes,
    },
  };
}

function toUser(
  { id, username, global_name: globalName }: z.infer<typeof userSchema>,
  member: { nick?: string | null | undefined; permissions: string; roles: string[] } | undefined,
): User {
  const permissions = BigInt(member?.permissions ?? 0);
  const may = (...bits: bigint[]) => bits.some((bit) => (permissions & bit) !== 0n);
  const { Administrator, ManageGuild, ManageMessages } = PermissionFlagsBits;
  return {
    id,
    name: member?.nick ?? globalName ?? username,
    isModerator: may(ManageMessages, Administrator),
    isAdministrator: may(ManageGuild, Administrator),
    roleIds: member?.roles ?? [],
  };
}

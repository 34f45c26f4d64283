/** What Slack delivers, as schemas that keep only what the bot reads. https://docs.slack.dev/interactivity */
import * as z from 'zod';
import { SLACK_LIMITS } from './limits.ts';

export const idSchema = z.string().min(1).max(255);
const address = z.url().max(3_000);

/** A file as messages and file inputs name it. */
const fileSchema = z.object({
  id: idSchema,
  name: z.string().max(1_000).nullish(),
  mimetype: z.string().max(255).nullish(),
  size: z.number().nullish(),
  url_private: address.nullish(),
  url_private_download: address.nullish(),
});
export type SlackFile = z.infer<typeof fileSchema>;

export const commandSchema = z.object({
  command: z.string().max(255),
  text: z.string().max(20_000).default(''),
  user_id: idSchema,
  user_name: z.string().max(255).default('somebody'),
  team_id: idSchema,
  channel_id: idSchema,
  response_url: address,
  trigger_id: idSchema,
});

export const userSchema = z.object({
  id: idSchema,
  name: z.string().max(255).optional(),
  username: z.string().max(255).optional(),
});
const teamSchema = z.object({ id: idSchema }).nullish();

/** Of a message only what points at pictures and jobs. */
const messageSchema = z.object({
  ts: idSchema,
  thread_ts: idSchema.optional(),
  blocks: z.array(z.record(z.string(), z.unknown())).default([]),
  files: z.array(fileSchema).default([]),
});

export const pressSchema = z.object({
  type: z.literal('block_actions'),
  user: userSchema,
  team: teamSchema,
  trigger_id: idSchema,
  response_url: address.optional(),
  channel: z.object({ id: idSchema }).optional(),
  message: messageSchema.optional(),
  container: z
    .object({ is_ephemeral: z.boolean().optional(), message_ts: idSchema.optional() })
    .default({}),
  actions: z
    .array(
      z.object({
        action_id: z.string().max(255),
        value: z.string().max(2_000).optional(),
        selected_option: z.object({ value: z.string().max(255) }).nullish(),
      }),
    )
    .min(1),
});

export const inputSchema = z.object({
  value: z.string().max(SLACK_LIMITS.inputCharacters).nullish(),
  selected_option: z.object({ value: z.string().max(255) }).nullish(),
  selected_options: z.array(z.object({ value: z.string().max(255) })).nullish(),
  files: z.array(fileSchema).nullish(),
});

export const submitSchema = z.object({
  type: z.literal('view_submission'),
  user: userSchema,
  team: teamSchema,
  trigger_id: idSchema,
  view: z.object({
    id: idSchema,
    callback_id: z.string().max(255),
    private_metadata: z.string().max(SLACK_LIMITS.metadataCharacters).default(''),
    state: z.object({ values: z.record(z.string(), z.record(z.string(), inputSchema)) }),
  }),
});

export const shortcutSchema = z.object({
  type: z.literal('message_action'),
  callback_id: z.string().max(255),
  user: userSchema,
  team: teamSchema,
  channel: z.object({ id: idSchema }),
  message: messageSchema,
  response_url: address,
  trigger_id: idSchema,
});

export const eventSchema = z.object({
  type: z.literal('event_callback'),
  team_id: idSchema,
  event_id: idSchema,
  event: z.discriminatedUnion('type', [
    z.object({ type: z.literal('app_home_opened'), user: idSchema, tab: z.string().optional() }),
    z.object({
      type: z.enum(['app_mention', 'message']),
      /** Not there when a bot wrote it. */
      user: idSchema.optional(),
      bot_id: z.string().optional(),
      subtype: z.string().optional(),
      channel_type: z.string().optional(),
      text: z.string().max(50_000).default(''),
      ts: idSchema,
      thread_ts: idSchema.optional(),
      channel: idSchema,
      files: z.array(fileSchema).default([]),
    }),
  ]),
});

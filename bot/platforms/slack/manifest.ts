/**
 * The whole app in one file to paste: commands, shortcuts, scopes, App Home, events.
 * https://docs.slack.dev/reference/app-manifest
 */
import { EVENTS_PATH } from './signed-receiver.ts';

/** What the bot may do, and why. */
export const BOT_SCOPES = {
  'app_mentions:read': 'to be asked by name, in threads too',
  'chat:write': 'to post and edit its own messages',
  commands: 'for /imagine, /imagine-bot and the shortcuts',
  'files:read': 'to fetch a picture that somebody gives it as a start image',
  'files:write': 'to upload pictures',
  'im:history': 'to be asked in direct messages',
  'im:write': 'to deliver where it may not post',
  'users:read': 'to know names, and who is an administrator',
} as const;

/** Message shortcuts: what is shown, and the id that comes back. */
export const SHORTCUTS = [
  { name: 'Vary', callbackId: 'vary', description: 'Draw a variation of this picture' },
  { name: 'Upscale', callbackId: 'upscale', description: 'Enlarge this picture' },
  { name: 'Show recipe', callbackId: 'recipe', description: 'Prompt, seed and settings of it' },
] as const;

/** Socket Mode without an address; with one, everything is delivered there by HTTP. */
export function toManifest(publicUrl?: string): Record<string, unknown> {
  const url = publicUrl === undefined ? undefined : new URL(EVENTS_PATH, publicUrl).toString();
  const address = url === undefined ? {} : { url };
  const requests = url === undefined ? {} : { request_url: url };
  return {
    display_information: {
      name: 'Imagine',
      description: 'Draws what you describe, with a latent diffusion model of your own',
      background_color: '#1f2430',
    },
    features: {
      app_home: {
        home_tab_enabled: true,
        messages_tab_enabled: true,
        messages_tab_read_only_enabled: false,
      },
      bot_user: { display_name: 'imagine', always_online: true },
      shortcuts: SHORTCUTS.map(({ name, callbackId, description }) => ({
        name,
        type: 'message',
        callback_id: callbackId,
        description,
      })),
      slash_commands: [
        {
          command: '/imagine',
          ...address,
          description: 'Draw pictures from words',
          usage_hint: 'a red apple --ar 3:2 --seed 7',
          should_escape: false,
        },
        {
          command: '/imagine-bot',
          ...address,
          description: 'Queue, history, settings, models, help',
          usage_hint: 'queue | history | show ID | settings | policy | models | info | help',
          should_escape: false,
        },
      ],
    },
    oauth_config: { scopes: { bot: Object.keys(BOT_SCOPES) } },
    settings: {
      event_subscriptions: {
        ...requests,
        bot_events: ['app_home_opened', 'app_mention', 'message.im'],
      },
      interactivity: { is_enabled: true, ...requests },
      org_deploy_enabled: false,
      socket_mode_enabled: url === undefined,
      token_rotation_enabled: false,
    },
  };
}

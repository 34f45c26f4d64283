/** The links that bring the bot to a server or to a person's account. Pure. */
import { ApplicationIntegrationType, PermissionFlagsBits } from 'discord-api-types/v10';

/** What the bot needs where it is a member: to post and edit cards when an interaction's token is over. */
export const NEEDED_PERMISSIONS = {
  'View Channels': PermissionFlagsBits.ViewChannel,
  'Send Messages': PermissionFlagsBits.SendMessages,
  'Send Messages in Threads': PermissionFlagsBits.SendMessagesInThreads,
  'Attach Files': PermissionFlagsBits.AttachFiles,
} as const;

const AUTHORIZE_URL = 'https://discord.com/oauth2/authorize';

export function toInviteLinks(applicationId: string): { server: string; user: string } {
  const permissions = Object.values(NEEDED_PERMISSIONS).reduce((all, bit) => all | bit, 0n);
  const toLink = (parameters: Record<string, string>): string =>
    `${AUTHORIZE_URL}?${new URLSearchParams({ client_id: applicationId, ...parameters }).toString()}`;
  return {
    server: toLink({
      integration_type: String(ApplicationIntegrationType.GuildInstall),
      scope: 'bot applications.commands',
      permissions: String(permissions),
    }),
    user: toLink({
      integration_type: String(ApplicationIntegrationType.UserInstall),
      scope: 'applications.commands',
    }),
  };
}

/** chat.* and conversations.* of the fake: https://docs.slack.dev/reference/methods */
import { ApiError, checkMessage, need, openChannel, type ApiMethod } from './api-call.ts';
import type { SlackMessage, SlackWorkspace } from './workspace.ts';

export function createChatMethods(workspace: SlackWorkspace): Record<string, ApiMethod> {
  const post = (call: Record<string, string>, ephemeralFor?: string): SlackMessage => {
    const channel = openChannel(workspace, need(call, 'channel'));
    const look = checkMessage(workspace, call);
    const threadTs = call['thread_ts'];
    if (threadTs !== undefined && workspace.findMessage(channel.id, threadTs) === undefined) {
      throw new ApiError('thread_not_found');
    }
    const message = {
      ts: workspace.nextTs(),
      channelId: channel.id,
      threadTs,
      userId: workspace.botUserId,
      ephemeralFor,
      isDeleted: false,
      looks: [look],
    };
    workspace.messages.push(message);
    return message;
  };
  const findOwn = (call: Record<string, string>, foreign: string): SlackMessage => {
    const channel = openChannel(workspace, need(call, 'channel'));
    const message = workspace.findMessage(channel.id, need(call, 'ts'));
    if (message === undefined) throw new ApiError('message_not_found');
    if (message.ephemeralFor !== undefined) {
      workspace.violate('an ephemeral message was changed other than by its response_url');
      throw new ApiError('message_not_found');
    }
    if (message.userId !== workspace.botUserId) throw new ApiError(foreign);
    return message;
  };
  return {
    'chat.postMessage': (call) => {
      const message = post(call);
      return { channel: message.channelId, ts: message.ts };
    },
    'chat.postEphemeral': (call) => {
      const userId = need(call, 'user');
      const channel = openChannel(workspace, need(call, 'channel'));
      if (!channel.members.has(userId)) throw new ApiError('user_not_in_channel');
      return { message_ts: post(call, userId).ts };
    },
    'chat.update': (call) => {
      const message = findOwn(call, 'cant_update_message');
      message.looks.push(checkMessage(workspace, call));
      return { channel: message.channelId, ts: message.ts };
    },
    'chat.delete': (call) => {
      const message = findOwn(call, 'cant_delete_message');
      message.isDeleted = true;
      return { channel: message.channelId, ts: message.ts };
    },
    'conversations.open': (call) => {
      const user = workspace.users.get(need(call, 'users'));
      if (user === undefined) throw new ApiError('user_not_found');
      return { channel: { id: workspace.directMessages(user.id).id } };
    },
    'conversations.info': (call) => {
      const channel = workspace.channels.get(need(call, 'channel'));
      if (channel === undefined) throw new ApiError('channel_not_found');
      const isMember = channel.members.has(workspace.botUserId);
      if (channel.kind !== 'public' && !isMember) throw new ApiError('channel_not_found');
      return { channel: { id: channel.id, name: channel.name, is_member: isMember } };
    },
    'users.info': (call) => {
      const user = workspace.users.get(need(call, 'user'));
      if (user === undefined) throw new ApiError('user_not_found');
      const { id, name, isAdmin } = user;
      return {
        user: { id, name, is_admin: isAdmin, is_owner: false, profile: { display_name: name } },
      };
    },
    'auth.test': () => ({
      url: 'https://imagine.slack.com/',
      team: 'Imagine',
      user: 'imagine',
      team_id: workspace.teamId,
      user_id: workspace.botUserId,
      bot_id: workspace.botId,
    }),
  };
}

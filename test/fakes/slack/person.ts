/** A person at their Slack: types commands, presses buttons, fills modals, opens App Home, deletes messages. */
import type { FakeSlack } from './fake-slack.ts';
import { sniffMimetype } from './file-methods.ts';
import { checkMessage } from './api-call.ts';
import { findButton, readInputs, type FilledInput } from './view-inputs.ts';
import { lookOf, type SlackMessage, type SlackUser, type SlackView } from './workspace.ts';

export class SlackPerson {
  readonly user: SlackUser;
  readonly #slack: FakeSlack;

  constructor(user: SlackUser, slack: FakeSlack) {
    this.user = user;
    this.#slack = slack;
  }

  /** `/imagine TEXT` in a channel. */
  async command(text: string, channelId: string, name = '/imagine'): Promise<void> {
    const { deliveries } = this.#slack;
    const payload = this.commandPayload(text, channelId, name);
    const answer = await deliveries.deliver({ kind: 'slash_commands', payload });
    this.#showAnswer(answer, channelId);
  }

  commandPayload(text: string, channelId: string, name = '/imagine'): Record<string, unknown> {
    const { workspace, triggers } = this.#slack;
    return {
      token: 'legacy',
      team_id: workspace.teamId,
      team_domain: 'imagine',
      channel_id: channelId,
      channel_name: workspace.channels.get(channelId)?.name ?? 'directmessage',
      user_id: this.user.id,
      user_name: this.user.name,
      command: name,
      text,
      api_app_id: workspace.appId,
      is_enterprise_install: 'false',
      response_url: triggers.makeResponseUrl(channelId, this.user.id),
      trigger_id: triggers.makeTrigger(this.user.id),
    };
  }

  /** Presses the button with this label, or action_id; in a message. */
  async press(message: SlackMessage, label: string): Promise<void> {
    const { deliveries } = this.#slack;
    const payload = this.pressPayload(message, label);
    await deliveries.deliver({ kind: 'interactive', payload });
  }

  pressPayload(message: SlackMessage, label: string): Record<string, unknown> {
    const { workspace, triggers } = this.#slack;
    const { action, blockId } = findButton(lookOf(message).blocks, label);
    const isEphemeral = message.ephemeralFor !== undefined;
    return {
      ...this.#interaction('block_actions'),
      container: {
        type: 'message',
        message_ts: message.ts,
        channel_id: message.channelId,
        is_ephemeral: isEphemeral,
      },
      channel: { id: message.channelId, name: 'channel' },
      ...(!isEphemeral && {
        message: {
          ts: message.ts,
          user: message.userId,
          ...(message.threadTs !== undefined && { thread_ts: message.threadTs }),
          ...lookOf(message),
        },
      }),
      actions: [{ ...action, block_id: blockId, action_ts: workspace.nextTs() }],
      response_url: triggers.makeResponseUrl(message.channelId, this.user.id, message),
    };
  }

  /** Presses a button in App Home. */
  async pressAtHome(label: string, value?: string): Promise<void> {
    const { workspace, deliveries } = this.#slack;
    const home = workspace.homes.get(this.user.id);
    if (home === undefined) throw new Error(`${this.user.name} has not opened App Home`);
    const { action, blockId } = findButton(
      home.view['blocks'] as Record<string, unknown>[],
      label,
      value,
    );
    const payload = {
      ...this.#interaction('block_actions'),
      container: { type: 'view', view_id: home.id },
      view: { id: home.id, type: 'home', ...home.view },
      actions: [{ ...action, block_id: blockId, action_ts: workspace.nextTs() }],
    };
    await deliveries.deliver({ kind: 'interactive', payload });
  }

  /** The modal on top, if one is open. */
  modal(): SlackView | undefined {
    return this.#slack.workspace.modals.get(this.user.id)?.at(-1);
  }

  /** Fills the open modal by its labels and sends it; messages under fields, if the app refused. */
  async submit(
    values: Readonly<Record<string, FilledInput>> = {},
  ): Promise<Record<string, string>> {
    const { workspace, deliveries } = this.#slack;
    const modal = this.modal();
    if (modal === undefined) throw new Error(`${this.user.name} has no modal open`);
    const payload = {
      ...this.#interaction('view_submission'),
      view: {
        id: modal.id,
        ...modal.view,
        state: { values: readInputs(modal.view['blocks'] as Record<string, unknown>[], values) },
      },
      response_urls: [],
    };
    const answer = (await deliveries.deliver({ kind: 'interactive', payload })) as
      | { response_action?: string; errors?: Record<string, string> }
      | undefined;
    if (answer?.response_action === 'errors') return answer.errors ?? {};
    workspace.modals.delete(this.user.id);
    return {};
  }

  async openHome(): Promise<SlackView | undefined> {
    await this.#event({
      type: 'app_home_opened',
      user: this.user.id,
      channel: 'D0HOME',
      tab: 'home',
    });
    return this.#slack.workspace.homes.get(this.user.id);
  }

  /** Writes a message that names the bot; gives back the message, which is a thread's start or a reply. */
  async mention(
    text: string,
    channelId: string,
    threadTs?: string,
    files: readonly object[] = [],
  ): Promise<SlackMessage> {
    const { workspace } = this.#slack;
    const written = `<@${workspace.botUserId}> ${text}`;
    const message = this.write(written, channelId, threadTs);
    await this.#event({
      type: 'app_mention',
      user: this.user.id,
      text: written,
      ts: message.ts,
      channel: channelId,
      ...(threadTs !== undefined && { thread_ts: threadTs }),
      ...(files.length > 0 && { files }),
    });
    return message;
  }

  /** Writes to the bot in their direct messages. */
  async say(text: string, channelId: string, files: readonly object[] = []): Promise<void> {
    const message = this.write(text, channelId);
    await this.#event({
      type: 'message',
      channel_type: 'im',
      user: this.user.id,
      text,
      ts: message.ts,
      channel: channelId,
      ...(files.length > 0 && { subtype: 'file_share', files }),
    });
  }

  write(text: string, channelId: string, threadTs?: string): SlackMessage {
    const { workspace } = this.#slack;
    const message: SlackMessage = {
      ts: workspace.nextTs(),
      channelId,
      threadTs,
      userId: this.user.id,
      ephemeralFor: undefined,
      isDeleted: false,
      looks: [{ text, blocks: [] }],
    };
    workspace.messages.push(message);
    return message;
  }

  /** A shortcut in a message's menu; `files` are what the message has attached. */
  async shortcut(
    callbackId: string,
    message: SlackMessage,
    files: readonly Record<string, unknown>[] = [],
  ): Promise<void> {
    const { triggers, deliveries } = this.#slack;
    const payload = {
      ...this.#interaction('message_action'),
      callback_id: callbackId,
      channel: { id: message.channelId, name: 'channel' },
      message_ts: message.ts,
      message: { ts: message.ts, user: message.userId, ...lookOf(message), files },
      response_url: triggers.makeResponseUrl(message.channelId, this.user.id),
    };
    await deliveries.deliver({ kind: 'interactive', payload });
  }

  /** A file of this person's, as messages and file inputs name it. */
  upload(name: string, bytes: Buffer): Record<string, unknown> {
    const { workspace, url } = this.#slack;
    const id = workspace.nextId('F');
    const mimetype = sniffMimetype(bytes);
    workspace.files.set(id, {
      id,
      name,
      ownerId: this.user.id,
      mimetype,
      altText: '',
      bytes,
      declaredLength: bytes.length,
      isCompleted: true,
      processedAtMs: 0,
      channels: new Set(),
    });
    const address = `${url}/files/${id}`;
    return {
      id,
      name,
      mimetype,
      size: bytes.length,
      url_private: address,
      url_private_download: address,
    };
  }

  delete(message: SlackMessage): void {
    message.isDeleted = true;
  }

  #interaction(type: string): Record<string, unknown> {
    const { workspace, triggers } = this.#slack;
    return {
      type,
      team: { id: workspace.teamId, domain: 'imagine' },
      user: {
        id: this.user.id,
        username: this.user.name,
        name: this.user.name,
        team_id: workspace.teamId,
      },
      api_app_id: workspace.appId,
      token: 'legacy',
      trigger_id: triggers.makeTrigger(this.user.id),
    };
  }

  async #event(event: Record<string, unknown>): Promise<void> {
    const { workspace, deliveries } = this.#slack;
    const payload = {
      token: 'legacy',
      team_id: workspace.teamId,
      api_app_id: workspace.appId,
      type: 'event_callback',
      event_id: workspace.nextId('Ev'),
      event_time: Math.floor(workspace.clock.nowMs() / 1_000),
      event,
    };
    await deliveries.deliver({ kind: 'events_api', payload });
  }

  /** A command may be answered in its acknowledgement: a message that only this person sees. */
  #showAnswer(answer: unknown, channelId: string): void {
    const { workspace } = this.#slack;
    const { text, blocks } = (answer ?? {}) as { text?: string; blocks?: unknown };
    if (text === undefined && blocks === undefined) return;
    workspace.messages.push({
      ts: workspace.nextTs(),
      channelId,
      threadTs: undefined,
      userId: workspace.botUserId,
      ephemeralFor: this.user.id,
      isDeleted: false,
      looks: [
        checkMessage(workspace, {
          text: text ?? '',
          ...(blocks !== undefined && { blocks: JSON.stringify(blocks) }),
        }),
      ],
    });
  }
}

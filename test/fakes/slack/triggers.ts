/** What an interaction lets the app do for a while: open one modal within 3 s, answer 5 times within 30 min. */
import { ApiError, checkMessage } from './api-call.ts';
import { asText } from './block-parts.ts';
import type { SlackMessage, SlackWorkspace } from './workspace.ts';

const TRIGGER_LIFE_MS = 3_000;
const RESPONSE_LIFE_MS = 30 * 60_000;
const RESPONSES_MAX = 5;

interface ResponseAddress {
  channelId: string;
  userId: string;
  madeAtMs: number;
  uses: number;
  /** The message whose button was pressed, if it was a button. */
  original: SlackMessage | undefined;
}

export class Triggers {
  readonly #workspace: SlackWorkspace;
  readonly #triggers = new Map<string, { userId: string; madeAtMs: number; isUsed: boolean }>();
  readonly #addresses = new Map<string, ResponseAddress>();
  /** Where the fake listens; known once it does. */
  baseUrl = '';

  constructor(workspace: SlackWorkspace) {
    this.#workspace = workspace;
  }

  makeTrigger(userId: string): string {
    const id = this.#workspace.nextId('trigger.');
    this.#triggers.set(id, { userId, madeAtMs: this.#workspace.clock.nowMs(), isUsed: false });
    return id;
  }

  /** The person it belongs to. */
  use(triggerId: string): string {
    const trigger = this.#triggers.get(triggerId);
    if (trigger === undefined) throw new ApiError('invalid_trigger_id');
    if (trigger.isUsed) {
      this.#workspace.violate('a trigger_id was used twice');
      throw new ApiError('exchanged_trigger_id');
    }
    if (this.#workspace.clock.nowMs() - trigger.madeAtMs > TRIGGER_LIFE_MS) {
      throw new ApiError('expired_trigger_id');
    }
    trigger.isUsed = true;
    return trigger.userId;
  }

  makeResponseUrl(channelId: string, userId: string, original?: SlackMessage): string {
    const id = this.#workspace.nextId('respond');
    const madeAtMs = this.#workspace.clock.nowMs();
    this.#addresses.set(id, { channelId, userId, madeAtMs, uses: 0, original });
    return `${this.baseUrl}/commands/${id}`;
  }

  /** What a POST to a response_url does. Throws ApiError as Slack answers. */
  respond(id: string, body: Record<string, unknown>): void {
    const address = this.#addresses.get(id);
    if (address === undefined) throw new ApiError('no_such_url');
    address.uses += 1;
    if (address.uses > RESPONSES_MAX) {
      this.#workspace.violate('a response_url was used more than 5 times');
      throw new ApiError('used_url');
    }
    if (this.#workspace.clock.nowMs() - address.madeAtMs > RESPONSE_LIFE_MS) {
      this.#workspace.violate('a response_url was used after 30 minutes');
      throw new ApiError('expired_url');
    }
    const { original } = address;
    if (body['delete_original'] === true) {
      if (original !== undefined) original.isDeleted = true;
      return;
    }
    const look = checkMessage(this.#workspace, {
      text: asText(body['text']),
      ...(body['blocks'] !== undefined && { blocks: JSON.stringify(body['blocks']) }),
    });
    if (body['replace_original'] === true && original !== undefined) {
      original.looks.push(look);
      return;
    }
    this.#post(address, body, look);
  }

  #post(
    { channelId, userId }: ResponseAddress,
    body: Record<string, unknown>,
    look: SlackMessage['looks'][number],
  ): void {
    this.#workspace.messages.push({
      ts: this.#workspace.nextTs(),
      channelId,
      threadTs: typeof body['thread_ts'] === 'string' ? body['thread_ts'] : undefined,
      userId: this.#workspace.botUserId,
      ephemeralFor: body['response_type'] === 'in_channel' ? undefined : userId,
      isDeleted: false,
      looks: [look],
    });
  }
}

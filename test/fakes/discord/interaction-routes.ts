/** First responses and the webhook of an interaction, with their clocks: 3 seconds, 15 minutes, one answer. */
import { MessageFlags } from 'discord-api-types/v10';
import { ApiError } from './api-error.ts';
import { findCustomIdProblems, flatten } from './component-rules.ts';
import type { MessageBody, MessageRules } from './message-rules.ts';
import type { BodyKind } from './schemas.ts';
import type { MessageBoard } from './message-board.ts';
import type { Violations } from './violations.ts';
import type { DiscordInteraction, DiscordMessage, FirstResponse, Json, World } from './world.ts';

const ACKNOWLEDGE_MS = 3_000;
const TOKEN_LIFE_MS = 15 * 60_000;
const USER_INSTALL_FOLLOW_UPS = 5;
const MODAL_PARTS_MAX = 5;

const RESPONSES: Readonly<Record<number, { kind: BodyKind; first: FirstResponse }>> = {
  1: { kind: 'interaction-pong', first: 'pong' },
  4: { kind: 'interaction-message', first: 'message' },
  5: { kind: 'interaction-message', first: 'deferred-message' },
  6: { kind: 'interaction-update', first: 'deferred-update' },
  7: { kind: 'interaction-update', first: 'update' },
  8: { kind: 'interaction-autocomplete', first: 'autocomplete' },
  9: { kind: 'interaction-modal', first: 'modal' },
};

export class InteractionRoutes {
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

  /** The one first response; by the callback route or as the body of an HTTP interaction's answer. */
  respond(interaction: DiscordInteraction, { json, uploads }: MessageBody): void {
    const nowMs = this.#world.patience.nowMs();
    const afterMs = nowMs - (interaction.deliveredAtMs ?? nowMs);
    if (interaction.firstResponse !== undefined) {
      // A delivery that came twice, or an answer whose connection was cut, is answered twice by the best of bots.
      if (interaction.deliveries < 2) {
        this.#violations.report('first-response', `${interaction.id} was answered twice`);
      }
      throw new ApiError('alreadyAcknowledged');
    }
    if (afterMs > ACKNOWLEDGE_MS) {
      this.#violations.report('acknowledge', `${interaction.id} after ${Math.round(afterMs)} ms`);
      throw new ApiError('unknownInteraction');
    }
    const response = RESPONSES[json.type];
    if (response === undefined) throw new ApiError('invalidForm', `type ${json.type}`);
    this.#rules.checkSchema(response.kind, json);
    this.#checkFits(interaction, response.first);
    this.#answer(interaction, response.first, { json: json.data ?? {}, uploads });
    interaction.firstResponse = response.first;
    interaction.acknowledgedAfterMs = afterMs;
  }

  /** What the callback route gives back with `with_response=true`. */
  describe({ id, original, firstResponse }: DiscordInteraction): Json {
    const message = original === undefined ? undefined : this.#board.toApi(original);
    return {
      interaction: { id, type: 2, response_message_id: original?.id },
      resource: { type: firstResponse === 'message' ? 4 : 5, message },
    };
  }

  followUp(interaction: DiscordInteraction, body: MessageBody): DiscordMessage {
    this.#rules.checkSchema('webhook-create', body.json);
    interaction.followUps += 1;
    const isUserInstalled = interaction.channel.guild?.hasBot === false;
    if (isUserInstalled && interaction.followUps > USER_INSTALL_FOLLOW_UPS) {
      this.#violations.report('follow-ups', 'more than 5 where the app is user-installed only');
      throw new ApiError('followUpsUsedUp');
    }
    const isEphemeral = ((body.json.flags ?? 0) & MessageFlags.Ephemeral) !== 0;
    const visibleTo = isEphemeral ? interaction.user : undefined;
    const message = this.#board.create(interaction.channel, body, visibleTo);
    interaction.followUpMessages.push(message);
    return message;
  }

  /** `@original` or the id of a follow-up. */
  messageOf(interaction: DiscordInteraction, messageId: string): DiscordMessage {
    const { original, followUpMessages } = interaction;
    const message =
      messageId === '@original' || messageId === original?.id
        ? original
        : followUpMessages.find(({ id }) => id === messageId);
    if (message === undefined || message.isDeleted) throw new ApiError('unknownMessage');
    if (message.channel.isDeleted) throw new ApiError('unknownChannel');
    return message;
  }

  /** The interaction of a webhook call, or the error of a token that is not alive. */
  open(token: string): DiscordInteraction {
    const interaction = this.#world.interactionByToken(token);
    if (interaction === undefined) throw new ApiError('invalidToken');
    if (this.#world.clock.nowMs() - interaction.createdAtMs > TOKEN_LIFE_MS) {
      throw new ApiError('invalidToken');
    }
    if (interaction.firstResponse === undefined) {
      this.#violations.report('early-webhook', 'the webhook was used before the first response');
      throw new ApiError('unknownWebhook');
    }
    return interaction;
  }

  #checkFits({ type }: DiscordInteraction, first: FirstResponse): void {
    const isFit =
      (first === 'autocomplete') === (type === 4) &&
      (first !== 'modal' || type !== 5) &&
      ((first !== 'update' && first !== 'deferred-update') || type === 3 || type === 5);
    if (isFit) return;
    this.#violations.report('first-response', `${first} does not answer an interaction of ${type}`);
    throw new ApiError('invalidForm', `${first} is not allowed here`);
  }

  #answer(interaction: DiscordInteraction, first: FirstResponse, body: MessageBody): void {
    const { json } = body;
    const isEphemeral = ((json.flags ?? 0) & MessageFlags.Ephemeral) !== 0;
    const visibleTo = isEphemeral ? interaction.user : undefined;
    switch (first) {
      case 'message':
        interaction.original = this.#board.create(interaction.channel, body, visibleTo);
        break;
      case 'deferred-message':
        if (((json.flags ?? 0) & ~MessageFlags.Ephemeral) !== 0) {
          this.#violations.report('first-response', 'a deferred reply may only be ephemeral');
        }
        interaction.original = this.#board.createLoading(interaction.channel, visibleTo);
        break;
      case 'update':
        interaction.original = interaction.sourceMessage;
        if (interaction.sourceMessage === undefined) throw new ApiError('unknownMessage');
        this.#board.edit(interaction.sourceMessage, body);
        break;
      case 'deferred-update':
        interaction.original = interaction.sourceMessage;
        break;
      case 'modal':
        this.#checkModal(json);
        interaction.modal = json;
        break;
      case 'autocomplete':
        interaction.choices = json.choices ?? [];
        break;
      case 'pong':
        break;
    }
  }

  #checkModal(modal: Json): void {
    const parts: Json[] = modal.components.flatMap((component: Json) => flatten(component));
    const problems = findCustomIdProblems(parts);
    if (modal.components.length > MODAL_PARTS_MAX) problems.push('more than 5 parts');
    if (problems.length === 0) return;
    this.#violations.report('modal', problems.join('; '));
    throw new ApiError('invalidForm', problems.join('; '));
  }
}

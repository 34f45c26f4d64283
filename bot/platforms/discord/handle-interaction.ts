/**
 * One interaction from its arrival to its answer, the same for the gateway and for HTTP. Discord gives 3 seconds for the
 * first answer: the real one where it is ready in time, otherwise the word that the bot is thinking.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { InteractionResponseType, MessageFlags } from 'discord-api-types/v10';
import { parseAction } from '../../core/action.ts';
import { parseCellPick } from '../../core/cell-picker.ts';
import type { Clock, Logger } from '../../core/ports.ts';
import type { ImagineService, Outcome } from '../../core/service.ts';
import { isDiscordError } from './api.ts';
import { toCompletions } from './complete.ts';
import { DISCORD_LIMITS } from './limits.ts';
import { parseInteraction, type DiscordInteraction, type Origin } from './parse.ts';
import { renderNotice } from './render.ts';
import type { Replies } from './replies.ts';
import { toResponse, type FirstResponse } from './respond.ts';
import type { FollowUps } from './follow-ups.ts';
import { toWork } from './run-interaction.ts';
import type { FetchAttachment } from './attachments.ts';

/** Sends the first answer; gives back the id of its message where Discord tells it. Throws what Discord refuses. */
export type Respond = (response: FirstResponse) => Promise<{ messageId?: string | undefined }>;

export interface HandlerOptions {
  service: ImagineService;
  replies: Replies;
  followUps: FollowUps;
  fetchAttachment: FetchAttachment;
  clock: Clock;
  logger: Logger;
  /** Told which card the first answer shows, so that it is not sent again at once. */
  onCardShown: (jobId: string, response: FirstResponse) => void;
}

export type Handling = 'answered' | 'repeated' | 'unknown';

type Answerable = Exclude<DiscordInteraction, { kind: 'ping' } | { kind: 'completion' }>;

export class InteractionHandler {
  readonly #options: HandlerOptions;
  readonly #seen = new Set<string>();

  constructor(options: HandlerOptions) {
    this.#options = options;
  }

  /** Never throws. Resolves when everything that belongs to the answer is done; jobs go on by themselves. */
  async handle(raw: unknown, respond: Respond): Promise<Handling> {
    const { clock, logger } = this.#options;
    const interaction = parseInteraction(raw, clock.nowMs());
    if (interaction === undefined) return 'unknown';
    try {
      if (interaction.kind === 'ping') {
        await respond({ type: InteractionResponseType.Pong });
        return 'answered';
      }
      if (this.#isRepeated(interaction.origin.id)) return 'repeated';
      if (interaction.kind === 'completion') await this.#complete(interaction, respond);
      else await this.#answer(interaction, respond);
    } catch (error) {
      logger.error({ err: error }, 'an interaction could not be answered');
    }
    return 'answered';
  }

  /**
   * The work of an interaction whose first answer was given elsewhere, by toFirstAnswer. Never throws for what a person
   * may do. `receivedAtMs`: when Discord sent it, from which its token lives 15 minutes.
   */
  async finish(raw: unknown, isPrivate: boolean, receivedAtMs: number): Promise<void> {
    const interaction = parseInteraction(raw, receivedAtMs);
    if (interaction === undefined) return;
    if (interaction.kind === 'ping' || interaction.kind === 'completion') return;
    const { origin } = interaction;
    const press = interaction.kind === 'press' ? parseAction(interaction.customId) : undefined;
    const outcome = await toWork(interaction, this.#options);
    if (press?.name === 'cancel' || press?.name === 'delete') {
      return this.#tellRefusal(origin, outcome);
    }
    await this.#options.followUps.replaceThinking(origin, outcome, isPrivate);
  }

  #isRepeated(id: string): boolean {
    if (this.#seen.has(id)) return true;
    this.#seen.add(id);
    if (this.#seen.size > DISCORD_LIMITS.rememberedInteractions) {
      const [oldest] = this.#seen;
      this.#seen.delete(oldest ?? '');
    }
    return false;
  }

  async #complete(
    interaction: Extract<DiscordInteraction, { kind: 'completion' }>,
    respond: Respond,
  ): Promise<void> {
    const choices = await within(
      toCompletions(interaction, this.#options.service),
      DISCORD_LIMITS.completionMs,
    );
    const type = InteractionResponseType.ApplicationCommandAutocompleteResult;
    await respond({ type, data: { choices: choices ?? [] } });
  }

  async #answer(interaction: Answerable, respond: Respond): Promise<void> {
    const { origin } = interaction;
    this.#options.replies.open(origin.token);
    const press = interaction.kind === 'press' ? parseAction(interaction.customId) : undefined;
    // The core removes or changes the card itself, which the first answer must not hold up.
    if (press?.name === 'cancel' || press?.name === 'delete') {
      await this.#send(origin, { type: InteractionResponseType.DeferredMessageUpdate }, respond);
      await this.#tellRefusal(origin, await toWork(interaction, this.#options));
      return;
    }
    const work = toWork(interaction, this.#options);
    const patienceMs =
      press?.name === 'edit' ? DISCORD_LIMITS.modalPatienceMs : DISCORD_LIMITS.patienceMs;
    const outcome = await within(work, patienceMs);
    if (outcome !== undefined && !needsFiles(outcome, interaction)) {
      await this.#answerAtOnce(interaction, outcome, respond);
      return;
    }
    const isPrivate = outcome?.kind === 'region' || (await this.#wantsPrivate(interaction));
    const flags = isPrivate ? { data: { flags: MessageFlags.Ephemeral as const } } : {};
    const type = InteractionResponseType.DeferredChannelMessageWithSource;
    await this.#send(origin, { type, ...flags }, respond);
    await this.#options.followUps.replaceThinking(origin, await work, isPrivate);
  }

  async #answerAtOnce(interaction: Answerable, outcome: Outcome, respond: Respond): Promise<void> {
    const { origin } = interaction;
    const { service, onCardShown } = this.#options;
    const models = outcome.kind === 'edit' ? await within(service.models(), 300) : undefined;
    const isPress = interaction.kind === 'press';
    const response = toResponse(outcome, { token: origin.token, isPress, models: models ?? [] });
    if (outcome.kind === 'job') onCardShown(outcome.record.id, response);
    await this.#send(origin, response, respond);
  }

  /** A failed answer does not end the work: what was accepted is shown in another way. */
  async #send(origin: Origin, response: FirstResponse, respond: Respond): Promise<void> {
    const { replies, logger } = this.#options;
    try {
      const { messageId } = await respond(response);
      replies.settle(origin.token, { isAnswered: true, messageId });
    } catch (error) {
      // Acknowledged already: the answer got through and its receipt was lost, or another process was faster.
      const isAnswered = isDiscordError(error, 'alreadyAcknowledged');
      replies.settle(origin.token, { isAnswered });
      if (!isAnswered) logger.warn({ err: error }, 'Discord did not take the answer');
    }
  }

  async #tellRefusal(origin: Origin, outcome: Outcome): Promise<void> {
    if (outcome.kind !== 'refused') return;
    await this.#options.followUps.tell(origin, renderNotice({ lines: [outcome.message] }));
  }

  async #wantsPrivate(interaction: Answerable): Promise<boolean> {
    if (interaction.kind === 'menu') return true;
    if (interaction.kind === 'press') return isPicker(interaction);
    if (interaction.kind !== 'command' && interaction.kind !== 'form') return false;
    const { service } = this.#options;
    const { user, place } = interaction.origin;
    const text = 'options' in interaction ? textOf(interaction) : '';
    return (await within(service.wantsPrivate({ text, user, place }), 500)) ?? false;
  }
}

/** A first answer is plain JSON: what has files comes as an edit of it. */
function needsFiles(outcome: Outcome, interaction: Answerable): boolean {
  // A picker that is pressed keeps the picture it has.
  if (outcome.kind === 'region') return !(interaction.kind === 'press' && isPicker(interaction));
  return outcome.kind === 'card' || outcome.kind === 'clip';
}

const isPicker = ({ customId }: { customId: string }): boolean =>
  parseCellPick(customId) !== undefined;

const textOf = ({ options }: { options: readonly { name: string; value?: unknown }[] }): string =>
  options
    .map(({ name, value }) => (name === 'private' ? (value === true ? '--private' : '') : ''))
    .join(' ');

/** Undefined when it takes longer. */
async function within<T>(work: Promise<T>, durationMs: number): Promise<T | undefined> {
  const waiting = new AbortController();
  const timeout = sleep(durationMs, undefined, { signal: waiting.signal }).catch(() => undefined);
  try {
    return await Promise.race([work, timeout]);
  } finally {
    waiting.abort();
  }
}

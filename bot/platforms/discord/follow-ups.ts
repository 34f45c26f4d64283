/** What comes after the word that the bot is thinking: the outcome in its place, or a sentence for the asker alone. */
import type { Logger } from '../../core/ports.ts';
import type { JobEntry, Outcome } from '../../core/service.ts';
import type { DiscordApi } from './api.ts';
import type { BuiltMessage, Region } from './build-message.ts';
import type { Origin } from './parse.ts';
import { renderNotice, type MessageBody } from './render.ts';

const EPHEMERAL_FLAG = 1 << 6;

export interface FollowUpsOptions {
  api: DiscordApi;
  logger: Logger;
  build: (entry: JobEntry) => Promise<BuiltMessage>;
  buildRegion: (region: Region) => Promise<BuiltMessage>;
}

export class FollowUps {
  readonly #options: FollowUpsOptions;

  constructor(options: FollowUpsOptions) {
    this.#options = options;
  }

  /** Logs what Discord refuses: nobody is left to be told. */
  async replaceThinking(origin: Origin, outcome: Outcome, isPrivate: boolean): Promise<void> {
    switch (outcome.kind) {
      case 'job':
      case 'jobs':
        // The card is on its way by itself; a job that another message shows leaves nothing to say here.
        if (!isShownBy(outcome, origin)) await this.#removeThinking(origin);
        return;
      case 'card':
      case 'clip':
        return this.#edit(origin, await this.#options.build(outcome));
      case 'done':
        return this.#removeThinking(origin);
      case 'region':
        return this.#edit(origin, await this.#options.buildRegion(outcome));
      case 'notice':
        return this.#replaceWith(origin, renderNotice(outcome), isPrivate);
      case 'refused':
        return this.#replaceWith(origin, renderNotice({ lines: [outcome.message] }), isPrivate);
      case 'edit':
        return this.#replaceWith(
          origin,
          renderNotice({ lines: ['That took too long; press Edit again.'] }),
          isPrivate,
        );
    }
  }

  /** A message for the asker alone, beside whatever was answered. */
  async tell({ applicationId, token }: Origin, body: MessageBody): Promise<void> {
    await this.#try(() =>
      this.#options.api.request({
        method: 'POST',
        path: `/webhooks/${applicationId}/${token}`,
        body,
        isBot: false,
      }),
    );
  }

  /** What is for one person's eyes cannot stand where all were told to wait. */
  async #replaceWith(origin: Origin, body: MessageBody, isPrivate: boolean): Promise<void> {
    if (isPrivate) {
      await this.#edit(origin, { body: { ...body, attachments: [] }, files: [] });
      return;
    }
    await this.#removeThinking(origin);
    await this.tell(origin, body);
  }

  async #edit(origin: Origin, { body, files }: BuiltMessage): Promise<void> {
    const plain = { ...body, flags: body.flags & ~EPHEMERAL_FLAG };
    const path = toOriginalPath(origin);
    await this.#try(() =>
      this.#options.api.request({ method: 'PATCH', path, body: plain, files, isBot: false }),
    );
  }

  async #removeThinking(origin: Origin): Promise<void> {
    const path = toOriginalPath(origin);
    await this.#try(() => this.#options.api.request({ method: 'DELETE', path, isBot: false }));
  }

  async #try(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#options.logger.warn({ err: error }, 'an answer could not be completed');
    }
  }
}

const toOriginalPath = ({ applicationId, token }: Origin): `/${string}` =>
  `/webhooks/${applicationId}/${token}/messages/@original`;

function isShownBy(
  outcome: Extract<Outcome, { kind: 'job' | 'jobs' }>,
  { token }: Origin,
): boolean {
  const records =
    outcome.kind === 'job' ? [outcome.record] : outcome.jobs.map(({ record }) => record);
  return records.some(({ place }) => place.replyToken === token);
}

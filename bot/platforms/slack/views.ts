/** Opens forms and publishes App Home. A form must be opened within three seconds of the click it answers. */
import * as z from 'zod';
import type { Logger, Place, User } from '../../core/ports.ts';
import type { ImagineService, JobEntry } from '../../core/service.ts';
import { renderHome } from './app-home.ts';
import type { CardDelivery } from './deliver-card.ts';
import { renderImagineForm } from './imagine-form.ts';
import { SLACK_LIMITS } from './limits.ts';
import { formatPlace } from './place-metadata.ts';
import { renderSentence } from './render.ts';
import type { Replier } from './reply.ts';
import { renderSettingsForm } from './settings-form.ts';
import { codeOf } from './post-message.ts';
import { NoRoomError, type SlackApi } from './web-api.ts';

interface Asked {
  user: User;
  place: Place;
  triggerId?: string | undefined;
}

export interface SlackViews {
  openImagineForm(service: ImagineService, asked: Asked, command: string): Promise<void>;
  openSettingsForm(service: ImagineService, asked: Asked): Promise<void>;
  publishHome(service: ImagineService, asked: Asked): Promise<void>;
}

export interface ViewsOptions {
  api: SlackApi;
  cards: CardDelivery;
  replier: Replier;
  logger: Logger;
}

const anythingSchema = z.looseObject({});
/** A list of models that comes later than this is done without: the trigger would be gone. */
const MODELS_WITHIN_MS = 800;
/** The click is too old: the bot was held up, or Slack was. */
const LATE = new Set([
  'expired_trigger_id',
  'exchanged_trigger_id',
  'trigger_expired',
  'trigger_exchanged',
]);

export function createViews({ api, cards, replier, logger }: ViewsOptions): SlackViews {
  async function open(asked: Asked, view: unknown): Promise<void> {
    try {
      if (asked.triggerId === undefined) throw new Error('a form needs a fresh click');
      const body = { trigger_id: asked.triggerId, view };
      await api.call('views.open', anythingSchema, body);
    } catch (error) {
      if (!LATE.has(codeOf(error) ?? '')) logger.warn({ err: error }, 'a form could not be opened');
      await replier.say(
        asked,
        renderSentence('The form came too late for Slack; press the button once more.'),
      );
    }
  }

  async function soonModels(service: ImagineService): ReturnType<ImagineService['models']> {
    const late = new Promise<[]>((resolve) => setTimeout(() => resolve([]), MODELS_WITHIN_MS));
    return Promise.race([service.models().catch(() => []), late]);
  }

  async function publish(
    asked: Asked,
    service: ImagineService,
    entries: JobEntry[],
  ): Promise<void> {
    const [queue, settings] = await Promise.all([service.queue(asked), service.settings(asked)]);
    const files = new Map(
      entries.flatMap(({ record }) => {
        const fileId = cards.knownFile(record.id, 0);
        return fileId === undefined ? [] : [[record.id, fileId] as const];
      }),
    );
    const view = renderHome({ queue, settings, gallery: { entries }, files });
    await api.call('views.publish', anythingSchema, { user_id: asked.user.id, view });
  }

  return {
    async openImagineForm(service, asked, command) {
      const models = await soonModels(service);
      await open(asked, renderImagineForm({ command, models, metadata: formatPlace(asked.place) }));
    },
    async openSettingsForm(service, asked) {
      const [settings, models] = await Promise.all([service.settings(asked), soonModels(service)]);
      await open(asked, renderSettingsForm(settings, models, formatPlace(asked.place)));
    },
    async publishHome(service, asked) {
      const { entries } = await service.gallery({ ...asked, limit: SLACK_LIMITS.galleryEntries });
      await publish(asked, service, [...entries]);
      const missing = entries.filter(({ record }) => cards.knownFile(record.id, 0) === undefined);
      if (missing.length === 0) return;
      try {
        for (const { card } of missing) await cards.fileOf(card, 0);
      } catch (error) {
        if (!(error instanceof NoRoomError)) throw error;
      }
      await publish(asked, service, [...entries]);
    },
  };
}

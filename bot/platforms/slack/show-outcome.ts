/** What an outcome of the core looks like to the person who asked. */
import type { Place, User } from '../../core/ports.ts';
import type { ImagineService, Outcome } from '../../core/service.ts';
import type { CardDelivery } from './deliver-card.ts';
import { renderNotice, renderSentence } from './render.ts';
import type { Replier } from './reply.ts';
import type { Responder } from './response-url.ts';
import type { SlackViews } from './views.ts';

/** Who asked, where the answer goes, and what a modal may still be opened with. */
export interface Asked {
  user: User;
  place: Place;
  triggerId?: string | undefined;
  /** It was asked from a message that only this person sees. */
  isEphemeral?: boolean | undefined;
}

export interface OutcomeViewOptions {
  service: ImagineService;
  cards: CardDelivery;
  responder: Responder;
  replier: Replier;
  views: SlackViews;
}

export interface OutcomeView {
  /** Jobs show themselves; everything else is shown here. */
  show(outcome: Outcome, asked: Asked): Promise<void>;
}

export function createOutcomeView(options: OutcomeViewOptions): OutcomeView {
  const { service, cards, responder, replier, views } = options;
  return {
    async show(outcome, asked) {
      switch (outcome.kind) {
        case 'job':
        case 'jobs':
        case 'done':
          return;
        case 'card':
        case 'clip': {
          const { user, place } = asked;
          return cards.showAgain({ ...outcome.record, user, place }, outcome.card);
        }
        case 'region': {
          // The next grid of parts takes the place of the one before.
          const message = renderNotice(outcome);
          const isReplaced =
            asked.isEphemeral && (await responder.replaceOriginal(asked.place, message));
          return isReplaced ? undefined : replier.say(asked, message);
        }
        case 'notice':
          return replier.say(asked, renderNotice(outcome));
        case 'refused':
          return replier.say(asked, renderSentence(outcome.message));
        case 'edit':
          return views.openImagineForm(service, asked, outcome.command);
      }
    },
  };
}

// @ts-check
/** The window's title tells how far it is, for those who look at another window meanwhile. */
import { shorten, toPercent } from './format.js';
import { toProgress } from './card-view.js';

/** @typedef {import('../render.ts').WebCard} WebCard */

const NAME = 'Imagine';

export function createPageTitle() {
  /** Jobs that ended while nobody looked. */
  let news = '';
  document.addEventListener('visibilitychange', () => {
    if (document.hidden || news === '') return;
    news = '';
    document.title = NAME;
  });
  return {
    /** @param {WebCard} card */
    update(card) {
      const progress = toProgress(card);
      const title = shorten(card.title, 40);
      if (!card.isFinal) {
        document.title = progress === undefined ? NAME : `${toPercent(progress)} % · ${title}`;
        return;
      }
      if (document.hidden) news = `${card.status === 'succeeded' ? '✓' : '!'} ${title}`;
      document.title = news === '' ? NAME : `${news} · ${NAME}`;
    },
  };
}

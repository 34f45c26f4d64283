// @ts-check
/** One's own pictures, newest first, as a sheet of thumbnails; each leads back to its card. */
import { byId, element } from './dom.js';
import { icon } from './icons.js';
import { fetchGallery } from './picture-api.js';

/** @typedef {import('../render.ts').WebCard} WebCard */

/**
 * @param {WebCard} card
 * @param {(card: WebCard) => void} choose
 */
function createThumbs(card, choose) {
  return card.images.map((image) => {
    const button = element(
      'button',
      { type: 'button', class: 'gallery-item', title: card.title, 'data-testid': 'gallery-item' },
      element('img', { src: image.url, alt: image.altText, loading: 'lazy' }),
    );
    button.addEventListener('click', () => choose(card));
    return button;
  });
}

/** @param {(card: WebCard) => void} onChosen */
export async function openGallery(onChosen) {
  const dialog = byId('gallery', HTMLDialogElement);
  const grid = element('div', { class: 'gallery-grid' });
  const status = element('p', { class: 'mask-status', role: 'status' }, 'Loading…');
  const more = element('button', { type: 'button', class: 'button' }, 'Older pictures');
  more.hidden = true;
  const close = element(
    'button',
    { type: 'button', class: 'icon-button', 'aria-label': 'Close' },
    icon('close'),
  );
  close.addEventListener('click', () => dialog.close());
  /** @param {WebCard} card */
  const choose = (card) => {
    dialog.close();
    onChosen(card);
  };
  /** @type {string | undefined} */
  let cursor;
  const load = async () => {
    more.disabled = true;
    try {
      const page = await fetchGallery(cursor);
      cursor = page.nextCursor;
      grid.append(...page.cards.flatMap((card) => createThumbs(card, choose)));
      status.textContent = grid.childElementCount === 0 ? 'There are no pictures yet.' : '';
    } catch (thrown) {
      status.textContent = thrown instanceof Error ? thrown.message : String(thrown);
    }
    more.hidden = cursor === undefined;
    more.disabled = false;
  };
  more.addEventListener('click', () => void load());
  dialog.replaceChildren(
    element('header', { class: 'sheet-head' }, element('h2', {}, 'Your pictures'), close),
    status,
    grid,
    more,
  );
  dialog.showModal();
  await load();
}

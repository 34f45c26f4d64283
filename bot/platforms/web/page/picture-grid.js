// @ts-check
/** The places of a card's pictures: empty, then previews, then the pictures themselves. */
import { element, prefersReducedMotion } from './dom.js';
import { icon } from './icons.js';
import { createPreviewPainter } from './preview-painter.js';

/**
 * @typedef {import('../render.ts').WebCard} WebCard
 * @typedef {WebCard['images'][number]} WebImage
 */

const REVEAL_MS = 650;
/** How flat or tall a picture's place may get. */
const ASPECT = { min: 0.25, max: 4 };

/**
 * The last preview melts into the picture.
 *
 * @param {HTMLImageElement} picture
 */
function melt(picture) {
  if (prefersReducedMotion()) return;
  picture.animate(
    [
      { opacity: 0, filter: 'blur(7px)', transform: 'scale(1.03)' },
      { opacity: 1, filter: 'blur(0)', transform: 'none' },
    ],
    { duration: REVEAL_MS, easing: 'cubic-bezier(.2,.7,.2,1)' },
  );
}

/** @param {WebImage} image */
function createPicture(image) {
  return element('img', {
    alt: image.altText,
    width: image.widthPx,
    height: image.heightPx,
    loading: 'lazy',
    decoding: 'async',
  });
}

/** @param {WebImage} image */
function createDownload(image) {
  return element(
    'a',
    {
      class: 'cell-download',
      href: image.downloadUrl,
      download: image.downloadName,
      'aria-label': `Download picture ${image.index + 1}`,
      title: 'Download',
    },
    icon('download'),
  );
}

/**
 * @param {HTMLElement} cell
 * @param {HTMLImageElement} picture
 */
function offerReload(cell, picture) {
  if (cell.querySelector('.cell-reload')) return;
  const button = element(
    'button',
    { type: 'button', class: 'cell-reload' },
    icon('retry'),
    'Load the picture again',
  );
  button.addEventListener('click', () => {
    button.remove();
    const address = picture.src;
    picture.removeAttribute('src');
    picture.src = address;
  });
  cell.append(button);
}

export class PictureGrid {
  root = element('div', { class: 'pictures', 'data-testid': 'pictures' });
  /** @type {HTMLElement[]} */
  #cells;
  #painter;
  #onOpen;
  #arePicturesShown = false;
  /** Once something was shown: a job that ends without pictures keeps its previews' shape. */
  #shownAspect = 0;

  /**
   * @param {number} count
   * @param {(index: number) => void} onOpen a finished picture was chosen
   */
  constructor(count, onOpen) {
    this.#onOpen = onOpen;
    this.#cells = Array.from({ length: count }, () => element('div', { class: 'cell' }));
    this.#painter = createPreviewPainter(this.#cells);
    this.root.append(...this.#cells);
    this.root.dataset.count = String(count);
  }

  /** @param {WebCard} card */
  update(card) {
    const hasEndedEmpty = card.isFinal && card.images.length === 0;
    const isKept = hasEndedEmpty && this.#shownAspect > 0;
    const ratio = isKept ? this.#shownAspect : card.aspectRatio;
    const aspect = Math.min(ASPECT.max, Math.max(ASPECT.min, ratio));
    this.root.style.setProperty('--aspect', String(aspect));
    const hasPreview = card.preview !== undefined || this.#painter.hasPainted();
    this.root.classList.toggle('is-waiting', !card.isFinal && !hasPreview);
    if (hasPreview) this.#shownAspect = ratio;
    this.root.hidden = hasEndedEmpty && !hasPreview;
    if (this.#arePicturesShown) return;
    if (card.preview) void this.#painter.show(card.preview);
    if (card.images.length === 0) return;
    this.#arePicturesShown = true;
    for (const image of card.images) this.#showPicture(image);
  }

  /**
   * Shows which picture a button is about.
   *
   * @param {number | undefined} index
   */
  point(index) {
    this.#cells.forEach((cell, place) => cell.classList.toggle('is-pointed', place === index));
  }

  /** @param {WebImage} image */
  #showPicture(image) {
    const cell = this.#cells[image.index];
    if (cell === undefined) return;
    const picture = createPicture(image);
    const open = element(
      'button',
      {
        type: 'button',
        class: 'picture',
        'aria-label': `Open picture ${image.index + 1}: ${image.altText}`,
        'data-testid': 'picture',
      },
      picture,
    );
    open.addEventListener('click', () => this.#onOpen(image.index));
    const number = element(
      'span',
      { class: 'cell-number', 'aria-hidden': 'true' },
      String(image.index + 1),
    );
    cell.append(open, ...(this.#cells.length > 1 ? [number] : []), createDownload(image));
    picture.addEventListener('load', () => {
      cell.dataset.loaded = 'true';
      if (this.#painter.hasPainted()) melt(picture);
      setTimeout(() => this.#painter.clear(image.index), REVEAL_MS * 2);
    });
    picture.addEventListener('error', () => offerReload(cell, picture));
    picture.src = image.url;
  }
}

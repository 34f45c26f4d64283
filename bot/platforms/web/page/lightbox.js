// @ts-check
/** A picture large, with its neighbours, its recipe and the buttons that are about it. */
import { createCardButton, readAction } from './card-buttons.js';
import { createCopyButton, createDetailList } from './card-details.js';
import { toFullCommand } from './command-text.js';
import { element } from './dom.js';
import { icon } from './icons.js';

/**
 * @typedef {import('../render.ts').WebCard} WebCard
 * @typedef {WebCard['images'][number]} WebImage
 */

/** Small pictures are enlarged, but not beyond recognition. */
const ENLARGE_MAX = 5;

/**
 * @param {string} label
 * @param {'chevronLeft' | 'chevronRight' | 'close'} sign
 * @param {string} className
 * @param {() => void} onClick
 */
function createIconButton(label, sign, className, onClick) {
  const button = element(
    'button',
    { type: 'button', class: `icon-button ${className}`, 'aria-label': label, title: label },
    icon(sign),
  );
  button.addEventListener('click', onClick);
  return button;
}

/**
 * @param {WebCard} card
 * @param {WebImage} image
 * @param {(actionId: string) => Promise<void>} press
 */
function createTools(card, image, press) {
  const offers = card.buttons.flat().filter((offer) => {
    const { index, isForPicture } = readAction(offer.actionId);
    return isForPicture && index === image.index;
  });
  return element(
    'div',
    { class: 'button-row' },
    ...offers.map((offer) => createCardButton({ ...offer, label: toWords(offer) }, press)),
    element(
      'a',
      {
        class: 'button is-secondary',
        href: image.downloadUrl,
        download: image.downloadName,
        'data-testid': 'lightbox-download',
      },
      icon('download'),
      element('span', { class: 'button-label' }, 'Download'),
    ),
  );
}

/**
 * With one picture in view `U2` is said in a word.
 *
 * @param {{ actionId: string, label: string }} offer
 */
function toWords(offer) {
  const { name } = readAction(offer.actionId);
  return name === 'upscale' ? 'Upscale' : name === 'vary' ? 'Vary' : offer.label;
}

/** @param {WebImage} image */
function createPicture(image) {
  const picture = element('img', {
    class: 'lightbox-picture',
    src: image.url,
    alt: image.altText,
    width: image.widthPx,
    height: image.heightPx,
    'data-testid': 'lightbox-picture',
  });
  picture.style.setProperty('--width', `${image.widthPx * ENLARGE_MAX}px`);
  picture.style.setProperty('--aspect', String(image.widthPx / image.heightPx));
  return picture;
}

/**
 * Facts about one picture: its own seed and size before what holds for the whole job.
 *
 * @param {WebCard} card
 * @param {WebImage} image
 */
function toFacts(card, image) {
  const own = [
    ...(image.seed === undefined ? [] : [{ label: 'Seed', value: String(image.seed) }]),
    { label: 'Size', value: `${image.widthPx}×${image.heightPx}` },
  ];
  const labels = new Set(own.map((fact) => fact.label));
  return [...own, ...card.details.filter((detail) => !labels.has(detail.label))];
}

export class Lightbox {
  #dialog;
  #press;
  /** @type {{ card: WebCard, place: number } | undefined} */
  #shown;

  /**
   * @param {HTMLDialogElement} dialog
   * @param {(actionId: string) => Promise<void>} press
   */
  constructor(dialog, press) {
    this.#dialog = dialog;
    this.#press = press;
    dialog.addEventListener('keydown', (event) => {
      if (event.key === 'ArrowRight') this.#move(1);
      if (event.key === 'ArrowLeft') this.#move(-1);
    });
    // A click beside the picture closes, as everywhere.
    dialog.addEventListener('click', ({ target }) => {
      const isStage = target instanceof Element && target.matches('.lightbox-stage');
      if (target === dialog || isStage) dialog.close();
    });
    dialog.addEventListener('close', () => {
      this.#shown = undefined;
      dialog.replaceChildren();
    });
  }

  /**
   * @param {WebCard} card
   * @param {number} index
   */
  open(card, index) {
    this.#shown = { card, place: card.images.findIndex((image) => image.index === index) };
    this.#render();
    this.#dialog.showModal();
  }

  /** @param {string} jobId */
  closeIfShows(jobId) {
    if (this.#shown?.card.jobId === jobId) this.#dialog.close();
  }

  /** @param {1 | -1} by */
  #move(by) {
    if (this.#shown === undefined) return;
    const count = this.#shown.card.images.length;
    const focused = document.activeElement?.getAttribute('aria-label');
    this.#shown = { ...this.#shown, place: (this.#shown.place + by + count) % count };
    this.#render();
    const buttons = [...this.#dialog.querySelectorAll('button')];
    const again = buttons.find((button) => button.getAttribute('aria-label') === focused);
    (again ?? this.#dialog).focus();
  }

  #render() {
    const image = this.#shown?.card.images[this.#shown.place];
    if (this.#shown === undefined || image === undefined) return;
    const { card } = this.#shown;
    this.#dialog.setAttribute('aria-label', image.altText);
    this.#dialog.replaceChildren(this.#createStage(card, image), this.#createSide(card, image));
  }

  /**
   * @param {WebCard} card
   * @param {WebImage} image
   */
  #createStage(card, image) {
    const arrows =
      card.images.length > 1
        ? [
            createIconButton('Previous picture', 'chevronLeft', 'is-previous', () =>
              this.#move(-1),
            ),
            createIconButton('Next picture', 'chevronRight', 'is-next', () => this.#move(1)),
          ]
        : [];
    return element('div', { class: 'lightbox-stage' }, createPicture(image), ...arrows);
  }

  /**
   * @param {WebCard} card
   * @param {WebImage} image
   */
  #createSide(card, image) {
    const close = () => this.#dialog.close();
    const count = card.images.length;
    return element(
      'div',
      { class: 'lightbox-side' },
      element(
        'div',
        { class: 'lightbox-head' },
        element('h2', {}, card.title),
        createIconButton('Close', 'close', 'is-close', close),
      ),
      count > 1 &&
        element(
          'p',
          { class: 'lightbox-place', role: 'status' },
          `Picture ${image.index + 1} of ${count}`,
        ),
      createTools(card, image, (actionId) => {
        close();
        return this.#press(actionId);
      }),
      createDetailList(toFacts(card, image)),
      element(
        'div',
        { class: 'button-row' },
        card.command !== '' && createCopyButton('Copy command', toFullCommand(card.command)),
        image.seed !== undefined && createCopyButton('Copy seed', String(image.seed)),
      ),
    );
  }
}

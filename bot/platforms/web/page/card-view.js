// @ts-check
/** The bot's card: where a job stands, its pictures, its buttons. */
import { createCardButtons } from './card-buttons.js';
import { createCardDetails, createDownloadLink } from './card-details.js';
import { keepFlagsWhole } from './command-text.js';
import { element, setText } from './dom.js';
import { formatLeft, toPercent } from './format.js';
import { icon } from './icons.js';
import { PictureGrid } from './picture-grid.js';

/**
 * @typedef {import('../render.ts').WebCard} WebCard
 * @typedef {object} CardHandlers
 * @property {(actionId: string) => Promise<void>} press
 * @property {(card: WebCard, index: number) => void} openPicture
 */

/** @type {Partial<Record<WebCard['status'], import('./icons.js').IconName>>} */
const SIGNS = { succeeded: 'check', canceled: 'stop' };

/**
 * How far it is, in 0..1; undefined while nobody can know.
 *
 * @param {WebCard} card
 */
export function toProgress(card) {
  return card.status === 'decoding' ? 1 : card.progress;
}

function createProgressBar() {
  const fill = element('div', { class: 'progress-fill' });
  const root = element(
    'div',
    { class: 'progress', role: 'progressbar', 'data-testid': 'progress' },
    fill,
  );
  return {
    root,
    /** @param {WebCard} card */
    update(card) {
      root.hidden = card.isFinal;
      if (card.isFinal) return;
      const progress = toProgress(card);
      root.classList.toggle('is-unknown', progress === undefined);
      root.setAttribute('aria-label', `Progress of ${card.title}`);
      if (progress === undefined) {
        root.removeAttribute('aria-valuenow');
        fill.style.transform = '';
        return;
      }
      root.setAttribute('aria-valuenow', String(toPercent(progress)));
      root.setAttribute('aria-valuetext', `${toPercent(progress)} percent, ${card.statusText}`);
      fill.style.transform = `scaleX(${progress})`;
    },
  };
}

/** @param {WebCard} card */
function createNotes(card) {
  const isFailure = card.status === 'failed';
  return card.notes.map((note) =>
    element(
      'p',
      {
        class: isFailure ? 'note is-failure' : 'note',
        'data-testid': isFailure ? 'failure' : 'note',
      },
      icon(isFailure ? 'alert' : 'info'),
      element('span', {}, ...keepFlagsWhole(note)),
    ),
  );
}

export class CardView {
  root = element('div', { class: 'card', 'data-testid': 'card' });
  /** @type {WebCard} */
  #card;
  #title = element('h3', { class: 'card-title', 'data-testid': 'card-title' });
  #sign = element('span', { class: 'card-sign', 'aria-hidden': 'true' });
  #status = element('span', { class: 'card-status-text', 'data-testid': 'status-text' });
  #left = element('span', { class: 'card-left', 'data-testid': 'eta' });
  #percent = element('span', { class: 'card-percent', 'aria-hidden': 'true' });
  #progressBar = createProgressBar();
  #grid;
  #notes = element('div', { class: 'notes' });
  #shownNotes = '';
  #buttons;
  #details = createCardDetails();
  #foot = element('div', { class: 'card-foot' });

  /**
   * @param {WebCard} card
   * @param {CardHandlers} handlers
   */
  constructor(card, handlers) {
    this.#card = card;
    this.#grid = new PictureGrid(card.pictureCount, (index) =>
      handlers.openPicture(this.#card, index),
    );
    this.#buttons = createCardButtons(handlers.press, (index) => this.#grid.point(index));
    this.#foot.append(this.#details.root);
    this.root.append(
      this.#title,
      element('p', { class: 'card-status' }, this.#sign, this.#status, this.#left, this.#percent),
      this.#progressBar.root,
      this.#grid.root,
      this.#notes,
      this.#buttons.root,
      this.#foot,
    );
    this.update(card);
  }

  get card() {
    return this.#card;
  }

  /** @param {WebCard} card */
  update(card) {
    this.#card = card;
    this.root.dataset.status = card.status;
    setText(this.#title, card.title);
    // The percentage has a place of its own here.
    setText(this.#status, card.statusText.replace(/ \(\d+ ?%\)$/, ''));
    const progress = toProgress(card);
    const percent = card.isFinal || progress === undefined ? '' : `${toPercent(progress)} %`;
    setText(this.#percent, percent);
    this.#progressBar.update(card);
    this.#grid.update(card);
    this.#updateNotes(card);
    this.#buttons.update(card.buttons);
    this.#details.update(card);
    if (card.isFinal) this.#finish(card);
    this.tick();
  }

  /**
   * Lets the time that is left run down by itself, but only while somebody would say when it changes.
   *
   * @param {boolean} [isConnected]
   */
  tick(isConnected = true) {
    const { readyAtMs, isFinal } = this.#card;
    const leftMs = (readyAtMs ?? 0) - Date.now();
    // A job that still waits when its time is over waits on: nobody knows for how long.
    const isOverdue = this.#card.status === 'queued' && leftMs <= 0;
    const isCounting = !isFinal && readyAtMs !== undefined && !isOverdue;
    const left = isConnected ? formatLeft(leftMs) : 'waiting for the connection';
    setText(this.#left, isCounting ? left : '');
  }

  /** @param {WebCard} card */
  #updateNotes(card) {
    const key = JSON.stringify([card.status, card.notes]);
    if (key === this.#shownNotes) return;
    this.#shownNotes = key;
    this.#notes.replaceChildren(...createNotes(card));
  }

  /** @param {WebCard} card */
  #finish(card) {
    if (this.#sign.childElementCount > 0) return;
    this.#sign.append(icon(SIGNS[card.status] ?? 'alert'));
    const download = createDownloadLink(card);
    if (download !== undefined) this.#foot.append(download);
  }
}

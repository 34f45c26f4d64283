// @ts-check
/** The part of a card for those who look: every setting, the times, and things to copy. */
import { copyText } from './clipboard.js';
import { toFullCommand } from './command-text.js';
import { element } from './dom.js';
import { icon } from './icons.js';

/** @typedef {import('../render.ts').WebCard} WebCard */

const COPIED_MS = 1_600;

/**
 * @param {string} label
 * @param {string} text what is copied
 */
export function createCopyButton(label, text) {
  const caption = element('span', { class: 'button-label' }, label);
  const button = element(
    'button',
    { type: 'button', class: 'button is-quiet' },
    icon('copy'),
    caption,
  );
  const copy = async () => {
    const isCopied = await copyText(text);
    caption.textContent = isCopied ? 'Copied' : 'Copying is not allowed here';
    button.classList.toggle('is-done', isCopied);
    setTimeout(() => {
      caption.textContent = label;
      button.classList.remove('is-done');
    }, COPIED_MS);
  };
  button.addEventListener('click', () => void copy());
  return button;
}

/** @param {readonly { label: string, value: string }[]} details */
export function createDetailList(details) {
  const list = element('dl', { class: 'detail-list' });
  for (const { label, value } of details) {
    list.append(element('div', {}, element('dt', {}, label), element('dd', {}, value)));
  }
  return list;
}

export function createCardDetails() {
  const body = element('div', { class: 'details-body' });
  const root = element(
    'details',
    { class: 'details', 'data-testid': 'details' },
    element('summary', {}, icon('chevronRight'), 'Details'),
    body,
  );
  let shown = '';
  return {
    root,
    /** @param {WebCard} card */
    update(card) {
      root.hidden = card.details.length === 0;
      const key = JSON.stringify([card.details, card.seed, card.command, card.archiveUrl]);
      if (key === shown) return;
      shown = key;
      const copies = element(
        'div',
        { class: 'button-row' },
        card.command !== '' && createCopyButton('Copy command', toFullCommand(card.command)),
        card.seed !== undefined && createCopyButton('Copy seed', String(card.seed)),
      );
      body.replaceChildren(createDetailList(card.details), copies);
    },
  };
}

/**
 * The link that saves all pictures, or the only one.
 *
 * @param {WebCard} card
 */
export function createDownloadLink(card) {
  const [image] = card.images;
  if (image === undefined) return undefined;
  const isArchive = card.archiveUrl !== undefined;
  const label = isArchive ? 'Download all' : 'Download';
  return element(
    'a',
    {
      class: 'button is-quiet',
      href: card.archiveUrl ?? image.downloadUrl,
      download: isArchive ? true : image.downloadName,
      'data-testid': 'download',
    },
    icon(isArchive ? 'archive' : 'download'),
    element('span', { class: 'button-label' }, label),
  );
}

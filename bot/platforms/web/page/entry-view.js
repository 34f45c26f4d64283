// @ts-check
/** One exchange in the channel: what the person did, and the bot's card beneath it. */
import { CardView } from './card-view.js';
import { createCommandLine } from './command-text.js';
import { element } from './dom.js';
import { formatClock, formatFull, shorten } from './format.js';
import { icon } from './icons.js';

/**
 * @typedef {import('../render.ts').WebCard} WebCard
 * @typedef {import('./card-view.js').CardHandlers} CardHandlers
 * @typedef {import('./icons.js').IconName} IconName
 * @typedef {CardHandlers & { jumpTo: (jobId: string) => void }} EntryHandlers
 */

const PARENT_TITLE_CHARACTERS = 60;

/** @type {Record<string, { icon: IconName, text: (picture: string) => string }>} */
const DEEDS = {
  upscale: { icon: 'upscale', text: (picture) => `Upscaled ${picture} of` },
  'upscale-4': { icon: 'upscale', text: (picture) => `Upscaled ${picture} four times:` },
  creative: { icon: 'upscale', text: (picture) => `Upscaled ${picture} with new detail:` },
  vary: { icon: 'vary', text: (picture) => `Varied ${picture} of` },
  'vary-subtle': { icon: 'vary', text: (picture) => `Varied ${picture} subtly:` },
  'vary-strong': { icon: 'vary', text: (picture) => `Varied ${picture} strongly:` },
  'zoom-1-5': { icon: 'picture', text: (picture) => `Zoomed out 1.5 times from ${picture} of` },
  'zoom-2': { icon: 'picture', text: (picture) => `Zoomed out twofold from ${picture} of` },
  'zoom-custom': { icon: 'picture', text: (picture) => `Zoomed out from ${picture}:` },
  'pan-left': { icon: 'picture', text: (picture) => `Panned to the left of ${picture}:` },
  'pan-right': { icon: 'picture', text: (picture) => `Panned to the right of ${picture}:` },
  'pan-up': { icon: 'picture', text: (picture) => `Panned upwards from ${picture}:` },
  'pan-down': { icon: 'picture', text: (picture) => `Panned downwards from ${picture}:` },
  region: { icon: 'edit', text: (picture) => `Drew a region of ${picture} anew:` },
  reroll: { icon: 'reroll', text: () => 'Drew again' },
  retry: { icon: 'retry', text: () => 'Tried again' },
};

/**
 * @param {WebCard} card
 * @param {EntryHandlers} handlers
 */
function createDeedLine(card, handlers) {
  const { lineage } = card;
  const deed = lineage === undefined ? undefined : DEEDS[lineage.action];
  if (lineage === undefined || deed === undefined) return createCommandLine(card.command);
  const parent = element(
    'button',
    { type: 'button', class: 'text-button', title: 'Show the picture it came from' },
    shorten(lineage.prompt, PARENT_TITLE_CHARACTERS),
  );
  parent.addEventListener('click', () => handlers.jumpTo(lineage.jobId));
  const words = deed.text(`picture ${lineage.index + 1}`);
  return element(
    'div',
    { class: 'deed', 'data-testid': 'deed' },
    icon(deed.icon),
    element('span', {}, `${words} `, parent),
  );
}

/**
 * @param {string} name
 * @param {number} atMs
 */
function createHead(name, atMs) {
  return element(
    'p',
    { class: 'line-head' },
    element('span', { class: 'line-name' }, name),
    element(
      'time',
      { datetime: new Date(atMs).toISOString(), title: formatFull(atMs) },
      formatClock(atMs),
    ),
  );
}

/** @param {string} name */
function createPersonAvatar(name) {
  const initial = Array.from(name.trim())[0]?.toUpperCase() ?? '?';
  return element('span', { class: 'avatar is-person', 'aria-hidden': 'true' }, initial);
}

/**
 * @param {string} name
 * @param {number} atMs
 * @param {HTMLElement} deed what the person said or pressed
 */
export function createPersonLine(name, atMs, deed) {
  return element(
    'div',
    { class: 'line' },
    createPersonAvatar(name),
    element('div', { class: 'line-body' }, createHead(name, atMs), deed),
  );
}

export function createBotAvatar() {
  return element('img', { class: 'avatar', src: '/logo.svg', alt: '', width: 40, height: 40 });
}

/** @param {string} [remark] stands after the bot's name */
export function createBotHead(remark) {
  return element(
    'p',
    { class: 'line-head' },
    element('span', { class: 'line-name is-bot' }, 'Imagine'),
    element('span', { class: 'bot-mark' }, 'bot'),
    remark !== undefined && element('span', { class: 'line-remark' }, remark),
  );
}

/**
 * @param {WebCard} card
 * @param {EntryHandlers} handlers
 */
export function createEntryView(card, handlers) {
  const view = new CardView(card, handlers);
  const root = element(
    'article',
    { class: 'entry', 'data-testid': 'entry', 'data-job-id': card.jobId, tabindex: -1 },
    createPersonLine(card.userName, card.createdAtMs, createDeedLine(card, handlers)),
    element(
      'div',
      { class: 'line' },
      createBotAvatar(),
      element('div', { class: 'line-body' }, createBotHead(), view.root),
    ),
  );
  /** @param {WebCard} next */
  function update(next) {
    view.update(next);
    root.dataset.status = next.status;
    root.setAttribute('aria-label', `${shorten(next.title, 120)}: ${next.statusText}`);
  }
  update(card);
  return { root, update, tick: view.tick.bind(view), current: () => view.card };
}

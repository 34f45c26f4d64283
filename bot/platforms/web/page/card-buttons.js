// @ts-check
/** A card's buttons as the bot offers them: in its rows and order, deleting only after a second press. */
import { element } from './dom.js';
import { icon } from './icons.js';

/**
 * @typedef {import('../../../core/card.ts').CardButton} CardButton
 * @typedef {import('./icons.js').IconName} IconName
 * @typedef {(actionId: string) => Promise<void>} Press
 */

/** @type {Record<string, IconName>} */
const ICONS = {
  reroll: 'reroll',
  edit: 'edit',
  cancel: 'stop',
  retry: 'retry',
  delete: 'trash',
};
/**
 * What a row of buttons such as U1, U2, U3, U4 does, in a word.
 *
 * @type {Record<string, string>}
 */
const ROW_NAMES = { upscale: 'Upscale', vary: 'Vary' };
/** Actions for the whole job; every other one is for a single picture. */
const WHOLE_JOB = new Set(['reroll', 'edit', 'cancel', 'retry', 'delete']);
/** Long enough that a double click is one press. */
const REST_MS = 600;
const CONFIRM_MS = 5_000;

/** @param {string} actionId */
export function readAction(actionId) {
  const [name = '', , index = '0'] = actionId.split(':');
  return { name, index: Number(index), isForPicture: !WHOLE_JOB.has(name) };
}

/**
 * @param {HTMLButtonElement} button
 * @param {() => Promise<void>} press
 */
async function pressOnce(button, press) {
  if (button.getAttribute('aria-disabled') === 'true') return;
  // Not `disabled`: that would throw the keyboard's focus away.
  button.setAttribute('aria-disabled', 'true');
  button.classList.add('is-busy');
  const rest = new Promise((resolve) => setTimeout(resolve, REST_MS));
  await Promise.all([press(), rest]);
  button.classList.remove('is-busy');
  button.removeAttribute('aria-disabled');
}

/**
 * @param {HTMLButtonElement} button
 * @param {string} question
 */
function createConfirmation(button, question) {
  const label = button.querySelector('.button-label');
  const before = label?.textContent ?? '';
  const name = button.getAttribute('aria-label') ?? before;
  let askedAtMs = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const reset = () => {
    clearTimeout(timer);
    askedAtMs = 0;
    button.classList.remove('is-asking');
    button.setAttribute('aria-label', name);
    if (label) label.textContent = before;
  };
  button.addEventListener('blur', reset);
  button.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') reset();
  });
  return {
    /** @returns {boolean} whether this press is the second one */
    ask() {
      const sinceMs = performance.now() - askedAtMs;
      if (askedAtMs > 0 && sinceMs > REST_MS / 2) {
        reset();
        return true;
      }
      if (askedAtMs > 0) return false;
      askedAtMs = performance.now();
      button.classList.add('is-asking');
      button.setAttribute('aria-label', question);
      if (label) label.textContent = question;
      timer = setTimeout(reset, CONFIRM_MS);
      return false;
    },
  };
}

/**
 * @param {CardButton} offer
 * @param {Press} press
 */
export function createCardButton(offer, press) {
  const { name, isForPicture } = readAction(offer.actionId);
  const sign = ICONS[name];
  const button = element(
    'button',
    {
      type: 'button',
      class: `button is-${offer.style}${isForPicture ? ' is-for-picture' : ''}`,
      'aria-label': offer.description,
      title: offer.description,
      'data-action': name,
      'data-testid': `action-${offer.actionId.split(':')[0]}-${offer.actionId.split(':')[2]}`,
    },
    sign && icon(sign),
    element('span', { class: 'button-label' }, offer.label),
  );
  const confirmation = name === 'delete' ? createConfirmation(button, 'Really delete?') : undefined;
  button.addEventListener('click', () => {
    if (confirmation !== undefined && !confirmation.ask()) return;
    void pressOnce(button, () => press(offer.actionId));
  });
  return button;
}

/**
 * @param {Press} press
 * @param {(index: number | undefined) => void} onPoint a button about this picture is under the pointer or has the focus
 */
export function createCardButtons(press, onPoint) {
  const root = element('div', { class: 'card-buttons' });
  let shown = '';

  /** @param {CardButton[]} row */
  function createRow(row) {
    const names = new Set(row.map((offer) => readAction(offer.actionId).name));
    const rowName = row.length > 1 && names.size === 1 ? ROW_NAMES[[...names][0] ?? ''] : undefined;
    const made = element(
      'div',
      { class: 'button-row', role: rowName && 'group', 'aria-label': rowName },
      rowName && element('span', { class: 'row-name', 'aria-hidden': 'true' }, rowName),
    );
    for (const offer of row) {
      const button = createCardButton(offer, press);
      const { index, isForPicture } = readAction(offer.actionId);
      if (isForPicture) {
        for (const type of ['pointerenter', 'focus']) {
          button.addEventListener(type, () => onPoint(index));
        }
        for (const type of ['pointerleave', 'blur']) {
          button.addEventListener(type, () => onPoint(undefined));
        }
      }
      made.append(button);
    }
    return made;
  }

  return {
    root,
    /** @param {CardButton[][]} rows */
    update(rows) {
      const key = JSON.stringify(rows);
      // The same buttons stay the same elements, or a press during a step would hit nothing.
      if (key === shown) return;
      shown = key;
      const hadFocus = root.contains(document.activeElement);
      root.replaceChildren(...rows.filter((row) => row.length > 0).map(createRow));
      if (hadFocus) root.querySelector('button')?.focus({ preventScroll: true });
    },
  };
}

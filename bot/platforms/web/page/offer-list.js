// @ts-check
/** The list above the composer, as the ARIA combobox pattern has it: the focus stays in the text. */
import { keepFlagsWhole } from './command-text.js';
import { byId, element } from './dom.js';
import { NO_OFFERS } from './completions.js';

/**
 * @typedef {import('./completions.js').Offer} Offer
 * @typedef {import('./completions.js').Offers} Offers
 */

/**
 * @param {HTMLTextAreaElement} input
 * @param {(offer: Offer) => void} onTake
 */
export function createOfferList(input, onTake) {
  const box = byId('offers', HTMLElement);
  const title = byId('offers-title', HTMLElement);
  const list = byId('offers-list', HTMLElement);
  let shown = NO_OFFERS;
  /** -1 while none is chosen. */
  let chosen = -1;
  /** The text has changed since: what is shown was made for another one. */
  let isExpired = false;

  const isOpen = () => shown.offers.length > 0;

  function markChosen() {
    [...list.children].forEach((option, index) => {
      option.setAttribute('aria-selected', String(index === chosen));
      if (index === chosen) option.scrollIntoView({ block: 'nearest' });
    });
    if (chosen < 0) input.removeAttribute('aria-activedescendant');
    else input.setAttribute('aria-activedescendant', `offer-${chosen}`);
  }

  /**
   * @param {Offer} offer
   * @param {number} index
   */
  function createOption(offer, index) {
    const option = element(
      'div',
      { class: 'offer', role: 'option', id: `offer-${index}`, 'aria-selected': 'false' },
      element('span', { class: 'offer-label' }, offer.label),
      offer.description !== '' &&
        element('span', { class: 'offer-description' }, ...keepFlagsWhole(offer.description)),
    );
    // Else the text would lose the focus before the click arrives.
    option.addEventListener('pointerdown', (event) => event.preventDefault());
    option.addEventListener('click', () => {
      if (!isExpired) onTake(offer);
    });
    return option;
  }

  /** @param {Offers} offers */
  function show(offers) {
    shown = offers;
    isExpired = false;
    chosen = offers.isFirstChosen && offers.offers.length > 0 ? 0 : -1;
    box.hidden = !isOpen();
    input.setAttribute('aria-expanded', String(isOpen()));
    title.textContent = offers.title;
    list.replaceChildren(...offers.offers.map(createOption));
    markChosen();
  }

  return {
    show,
    close: () => show(NO_OFFERS),
    isOpen,
    expire() {
      isExpired = true;
    },
    /** The offer that Enter takes, if any. */
    chosen: () => (isExpired ? undefined : shown.offers[chosen]),
    /** The offer that Tab takes, if any. */
    first: () => (isExpired ? undefined : shown.offers[Math.max(0, chosen)]),
    /** @param {1 | -1} by */
    move(by) {
      const count = shown.offers.length;
      chosen = chosen < 0 ? (by > 0 ? 0 : count - 1) : (chosen + by + count) % count;
      markChosen();
    },
  };
}

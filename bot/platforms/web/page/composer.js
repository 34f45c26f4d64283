// @ts-check
/** The message box: typing, offers, sending, and a text that is never lost. */
import { ApiError, createDeliveryId } from './api.js';
import { createCommandRecall } from './command-recall.js';
import { keepFlagsWhole, toFullCommand } from './command-text.js';
import { askForOffers, findOwnOffers } from './completions.js';
import { byId, element } from './dom.js';
import { icon } from './icons.js';
import { createOfferList } from './offer-list.js';

/**
 * @typedef {import('./completions.js').Offer} Offer
 * @typedef {object} ComposerHandlers
 * @property {(text: string, deliveryId: string) => Promise<void>} send
 * @property {() => string[]} listCommands oldest first
 */

const ASK_DELAY_MS = 40;

export class Composer {
  #form = byId('composer', HTMLFormElement);
  #input = byId('composer-input', HTMLTextAreaElement);
  #error = byId('composer-error', HTMLElement);
  #offers = createOfferList(this.#input, (offer) => this.#take(offer));
  #recall;
  #send;
  #lookUp = new AbortController();
  #isAsking = false;
  /** Tab was pressed before the offers for this text came: the first one is taken as soon as they do. */
  #isTabWaiting = false;
  /** A message that may have arrived although no answer came is sent again under the same id. */
  #unanswered = { text: '', deliveryId: '' };
  #isSending = false;

  /** @param {ComposerHandlers} handlers */
  constructor(handlers) {
    this.#send = handlers.send;
    this.#recall = createCommandRecall(() => handlers.listCommands().map(toFullCommand));
    byId('send-button', HTMLButtonElement).append(icon('send'));
    this.#input.addEventListener('keydown', (event) => this.#handleKey(event));
    this.#input.addEventListener('input', () => {
      this.#clearError();
      this.#fit();
      void this.#updateOffers();
    });
    this.#input.addEventListener('click', () => void this.#updateOffers());
    this.#input.addEventListener('blur', () => this.#closeOffers());
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#enter();
    });
    this.#fit();
  }

  /**
   * Puts a command in for editing.
   *
   * @param {string} command
   */
  fill(command) {
    this.#clearError();
    this.#setText(toFullCommand(command));
    this.#input.focus();
  }

  /**
   * Sends a command as if it had been typed; a text in the making is kept.
   *
   * @param {string} command
   */
  async start(command) {
    const draft = this.#input.value;
    this.#setText(command);
    await this.#submit();
    if (this.#error.hidden && draft.trim() !== '') this.#setText(draft);
  }

  /** @param {string} message */
  showError(message) {
    this.#error.replaceChildren(icon('alert'), element('span', {}, ...keepFlagsWhole(message)));
    this.#error.hidden = false;
    this.#input.setAttribute('aria-invalid', 'true');
  }

  focus() {
    this.#input.focus();
  }

  #clearError() {
    this.#error.hidden = true;
    this.#input.removeAttribute('aria-invalid');
  }

  /** The box is as high as its text, up to the limit of the style sheet. */
  #fit() {
    this.#input.style.height = 'auto';
    this.#input.style.height = `${this.#input.scrollHeight}px`;
    this.#form.classList.toggle('is-empty', this.#input.value.trim() === '');
  }

  /** @param {string} text */
  #setText(text) {
    this.#input.value = text;
    this.#input.setSelectionRange(text.length, text.length);
    this.#closeOffers();
    this.#fit();
  }

  async #updateOffers() {
    this.#stopAsking();
    this.#lookUp = new AbortController();
    const { signal } = this.#lookUp;
    const { value, selectionStart } = this.#input;
    const own = findOwnOffers(value, selectionStart);
    if (own !== undefined) {
      this.#offers.show(own);
      return;
    }
    // The offers for the text before stay in view until the new ones come, but none can be taken.
    this.#offers.expire();
    this.#isAsking = true;
    try {
      await new Promise((resolve) => setTimeout(resolve, ASK_DELAY_MS));
      if (signal.aborted) return;
      const found = await askForOffers(value, selectionStart, signal);
      if (signal.aborted) return;
      const isTaken = this.#isTabWaiting && this.#input.selectionStart === selectionStart;
      this.#stopAsking();
      this.#offers.show(found);
      if (isTaken) this.#complete();
    } catch {
      // Without offers one can still type; sending says what is wrong.
      if (!signal.aborted) this.#closeOffers();
    }
  }

  #stopAsking() {
    this.#lookUp.abort();
    this.#isAsking = false;
    this.#isTabWaiting = false;
  }

  #closeOffers() {
    this.#stopAsking();
    this.#offers.close();
  }

  /** Tab: the chosen offer, or the first. Completing is not sending. */
  #complete() {
    const offer = this.#offers.first();
    if (offer !== undefined) this.#take({ ...offer, isSending: false });
  }

  /** @param {Offer} offer */
  #take(offer) {
    const { selectionStart, value } = this.#input;
    const cursor = offer.isSending ? value.length : selectionStart;
    const before = `${value.slice(0, offer.from)}${offer.insertText}`;
    const after = value.slice(cursor);
    this.#input.value = before + (before.endsWith(' ') ? after.trimStart() : after);
    this.#input.setSelectionRange(before.length, before.length);
    this.#input.focus();
    this.#fit();
    if (offer.isSending) void this.#submit();
    else void this.#updateOffers();
  }

  /** Enter and the send button: the chosen offer, or the text as it is. */
  #enter() {
    const offer = this.#offers.chosen();
    if (offer === undefined) void this.#submit();
    else this.#take(offer);
  }

  async #submit() {
    const text = this.#input.value;
    if (this.#isSending) return;
    this.#closeOffers();
    if (text.trim() === '') return;
    const isAgain = this.#unanswered.text === text;
    const deliveryId = isAgain ? this.#unanswered.deliveryId : createDeliveryId();
    this.#unanswered = { text, deliveryId };
    this.#setSending(true);
    try {
      await this.#send(text, deliveryId);
      this.#unanswered = { text: '', deliveryId: '' };
      this.#clearError();
      this.#recall.reset();
      this.#setText('');
    } catch (thrown) {
      if (thrown instanceof ApiError && thrown.isRefusal) {
        this.#unanswered = { text: '', deliveryId: '' };
      }
      this.showError(thrown instanceof Error ? thrown.message : String(thrown));
    } finally {
      this.#setSending(false);
    }
  }

  /** @param {boolean} isNow */
  #setSending(isNow) {
    this.#isSending = isNow;
    this.#input.readOnly = isNow;
    this.#form.classList.toggle('is-sending', isNow);
    this.#form.setAttribute('aria-busy', String(isNow));
  }

  /** @param {KeyboardEvent} event */
  #handleKey(event) {
    // While an input method composes, its keys are its own.
    if (event.isComposing) return;
    const isHandled = this.#handleOfferKey(event) || this.#handleTextKey(event);
    if (isHandled) event.preventDefault();
  }

  /**
   * @param {KeyboardEvent} event
   * @returns {boolean} whether the key was for the offers
   */
  #handleOfferKey(event) {
    const hasModifier = event.shiftKey || event.altKey || event.ctrlKey || event.metaKey;
    if (hasModifier) return false;
    if (this.#isAsking && event.key === 'Tab') {
      this.#isTabWaiting = true;
      return true;
    }
    if (!this.#offers.isOpen()) return false;
    switch (event.key) {
      case 'Escape':
        this.#closeOffers();
        return true;
      case 'ArrowDown':
        this.#offers.move(1);
        return true;
      case 'ArrowUp':
        this.#offers.move(-1);
        return true;
      case 'Tab':
        this.#complete();
        return true;
      default:
        return false;
    }
  }

  /**
   * @param {KeyboardEvent} event
   * @returns {boolean}
   */
  #handleTextKey(event) {
    if (event.key === 'Escape') this.#clearError();
    if (event.key === 'Enter' && !event.shiftKey) {
      this.#enter();
      return true;
    }
    if (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') return false;
    const text = this.#recall.step(this.#input.value, event.key === 'ArrowUp' ? 1 : -1);
    if (text === undefined) return false;
    this.#setText(text);
    return true;
  }
}

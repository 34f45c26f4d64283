// @ts-check
/** The channel: entries in the order of their making, days between them, older ones on demand. */
import { element } from './dom.js';
import { createEntryView } from './entry-view.js';
import { formatDay, toDayKey } from './format.js';
import { icon } from './icons.js';
import { createScrollKeeper } from './scroll-keeper.js';

/**
 * @typedef {import('../render.ts').WebCard} WebCard
 * @typedef {import('../render.ts').WebHistory} WebHistory
 * @typedef {ReturnType<typeof createEntryView>} EntryView
 * @typedef {object} ChannelElements
 * @property {HTMLElement} scroller
 * @property {HTMLElement} content
 * @property {HTMLElement} log
 * @property {HTMLElement} older
 * @property {HTMLElement} welcome
 * @property {HTMLButtonElement} pill
 * @typedef {object} ChannelHandlers
 * @property {(actionId: string) => Promise<void>} press
 * @property {(card: WebCard, index: number) => void} openPicture
 * @property {(beforeMs: number) => Promise<WebHistory>} loadOlder
 */

const LIT_MS = 1_800;
const RETRY_OLDER_MS = 3_000;
/** A channel of one or two jobs is its own beginning; the line would only stick out under the header. */
const BEGINNING_FROM_ENTRIES = 3;

/**
 * @param {WebCard} a
 * @param {WebCard} b
 */
const isBefore = (a, b) =>
  a.createdAtMs === b.createdAtMs ? a.jobId < b.jobId : a.createdAtMs < b.createdAtMs;

export class ChannelView {
  #elements;
  #handlers;
  #keeper;
  /** @type {Map<string, EntryView>} */
  #entries = new Map();
  #hasMore = false;
  #isLoadingOlder = false;
  #isLoaded = false;
  #unseen = 0;

  /**
   * @param {ChannelElements} elements
   * @param {ChannelHandlers} handlers
   */
  constructor(elements, handlers) {
    this.#elements = elements;
    this.#handlers = handlers;
    this.#keeper = createScrollKeeper(elements.scroller, elements.content, {
      onBottom: () => this.#setUnseen(0),
      onNearTop: () => void this.#loadOlder(),
    });
  }

  /**
   * The newest page of the history takes the place of everything.
   *
   * @param {WebHistory} history
   */
  replaceAll(history) {
    const kept = new Set(history.cards.map((card) => card.jobId));
    for (const [jobId, entry] of this.#entries) {
      if (kept.has(jobId)) continue;
      entry.root.remove();
      this.#entries.delete(jobId);
    }
    for (const card of history.cards) {
      const known = this.#entries.get(card.jobId);
      if (known === undefined) this.#insert(card);
      else known.update(card);
    }
    this.#isLoaded = true;
    this.#hasMore = history.hasMore;
    this.#updateFrame();
    if (this.#keeper.isAtBottom()) this.#keeper.scrollToBottom(false);
    this.#keeper.checkTop();
  }

  /**
   * A card that is new or changed.
   *
   * @param {WebCard} card
   */
  upsert(card) {
    const known = this.#entries.get(card.jobId);
    if (known !== undefined) {
      known.update(card);
      return;
    }
    const wasAtBottom = this.#keeper.isAtBottom();
    this.#insert(card).root.classList.add('is-new');
    this.#updateFrame();
    if (wasAtBottom) this.#keeper.scrollToBottom(true);
    else this.#setUnseen(this.#unseen + 1);
  }

  /** @param {string} jobId */
  remove(jobId) {
    const entry = this.#entries.get(jobId);
    if (entry === undefined) return;
    this.#entries.delete(jobId);
    const hadFocus = entry.root.contains(document.activeElement);
    entry.root.remove();
    this.#updateFrame();
    if (hadFocus) this.#elements.scroller.focus({ preventScroll: true });
  }

  /** @param {HTMLElement} reply something that only this window shows */
  appendReply(reply) {
    this.#elements.log.append(reply);
    this.#updateFrame();
    this.#keeper.showFromStart(reply);
    // Once it is dismissed the channel may be empty again.
    new MutationObserver((_, observer) => {
      if (reply.isConnected) return;
      observer.disconnect();
      this.#updateFrame();
    }).observe(this.#elements.log, { childList: true });
  }

  scrollToBottom() {
    this.#keeper.scrollToBottom(true);
  }

  /** @param {string} jobId */
  has(jobId) {
    return this.#entries.has(jobId);
  }

  hasRunning() {
    return this.cards().some((card) => !card.isFinal);
  }

  /** Oldest first. */
  cards() {
    return this.#byAge().map((entry) => entry.current());
  }

  /** @param {boolean} isConnected */
  tick(isConnected) {
    for (const entry of this.#entries.values()) entry.tick(isConnected);
  }

  #byAge() {
    return [...this.#entries.values()].sort((a, b) =>
      isBefore(a.current(), b.current()) ? -1 : 1,
    );
  }

  /** @param {WebCard} card */
  #insert(card) {
    const jumpTo = /** @param {string} jobId */ (jobId) => this.jumpTo(jobId);
    const entry = createEntryView(card, { ...this.#handlers, jumpTo });
    const next = this.#byAge().find((other) => isBefore(card, other.current()));
    this.#entries.set(card.jobId, entry);
    if (next === undefined) this.#elements.log.append(entry.root);
    else next.root.before(entry.root);
    return entry;
  }

  /** What stands around the entries: days, the first screen, the line at the top. */
  #updateFrame() {
    const { log, older, welcome } = this.#elements;
    // Days are put in anew: there are few, and entries may come in between.
    for (const divider of log.querySelectorAll('.day')) divider.remove();
    let shownDay = '';
    for (const entry of this.#byAge()) {
      const { createdAtMs } = entry.current();
      const day = toDayKey(createdAtMs);
      if (day === shownDay) continue;
      shownDay = day;
      const text = element('span', {}, formatDay(createdAtMs, Date.now()));
      entry.root.before(element('h2', { class: 'day' }, text));
    }
    welcome.hidden = !this.#isLoaded || log.childElementCount > 0;
    older.hidden = !this.#hasMore && this.#entries.size < BEGINNING_FROM_ENTRIES;
    older.textContent = this.#hasMore ? 'Loading older messages…' : 'This is where it began.';
  }

  /** @param {number} count */
  #setUnseen(count) {
    this.#unseen = count;
    const { pill } = this.#elements;
    pill.hidden = count === 0;
    if (count === 0) return;
    pill.replaceChildren(
      icon('arrowDown'),
      count === 1 ? '1 new message' : `${count} new messages`,
    );
  }

  /** @param {string} jobId */
  jumpTo(jobId) {
    const entry = this.#entries.get(jobId);
    if (entry === undefined) return;
    entry.root.scrollIntoView({ block: 'center' });
    entry.root.focus({ preventScroll: true });
    entry.root.classList.add('is-lit');
    setTimeout(() => entry.root.classList.remove('is-lit'), LIT_MS);
  }

  async #loadOlder() {
    const [oldest] = this.#byAge();
    if (!this.#hasMore || this.#isLoadingOlder || oldest === undefined) return;
    this.#isLoadingOlder = true;
    try {
      // One more millisecond, so that entries of the same moment are not lost at the border of two pages.
      const history = await this.#handlers.loadOlder(oldest.current().createdAtMs + 1);
      const fresh = history.cards.filter((card) => !this.#entries.has(card.jobId));
      this.#hasMore = history.hasMore && fresh.length > 0;
      this.#keeper.keepPlace(() => {
        for (const card of fresh) this.#insert(card);
        this.#updateFrame();
      });
    } catch {
      this.#elements.older.textContent = 'Older messages could not be loaded; trying again…';
      await new Promise((resolve) => setTimeout(resolve, RETRY_OLDER_MS));
    } finally {
      this.#isLoadingOlder = false;
    }
    if (this.#hasMore) this.#keeper.checkTop();
  }
}

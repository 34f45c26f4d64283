// @ts-check
/** Puts the page together: history, events, channel, composer. */
import { createAnnouncer } from './announcer.js';
import { Attachments } from './attachments.js';
import { fetchHistory, fetchModels, pressButton, sendMessage } from './api.js';
import { ChannelView } from './channel-view.js';
import { Composer } from './composer.js';
import { createConnection } from './connection.js';
import { byId } from './dom.js';
import { openGallery } from './gallery.js';
import { icon } from './icons.js';
import { Lightbox } from './lightbox.js';
import { openMaskEditor } from './mask-editor.js';
import { createPageTitle } from './page-title.js';
import { createReplyView } from './reply-view.js';
import { setUpThemeButton } from './theme-button.js';
import { setUpWelcome } from './welcome-view.js';

/**
 * @typedef {import('../render.ts').WebCard} WebCard
 * @typedef {import('../render.ts').WebOutcome} WebOutcome
 */

const RETRY_MS = { first: 500, max: 8_000 };
/** How often a hidden window checks whether it may give its connection up: browsers allow six a site. */
const REST_CHECK_MS = 15_000;

let isConnected = true;

const announcer = createAnnouncer(byId('announcer', HTMLElement));
const pageTitle = createPageTitle();

const lightbox = new Lightbox(byId('lightbox', HTMLDialogElement), press);
const channel = new ChannelView(
  {
    scroller: byId('scroller', HTMLElement),
    content: byId('channel-content', HTMLElement),
    log: byId('log', HTMLElement),
    older: byId('older', HTMLElement),
    welcome: byId('welcome', HTMLElement),
    pill: byId('new-pill', HTMLButtonElement),
  },
  {
    press,
    openPicture: (card, index) => lightbox.open(card, index),
    loadOlder: fetchHistory,
  },
);
const composer = new Composer({
  async send(text, deliveryId) {
    showOutcome(await sendMessage(attachments.addTo(text), deliveryId), text);
    attachments.clear();
  },
  listCommands: () => channel.cards().map((card) => card.command),
});
const attachments = new Attachments({
  onOutcome: (outcome) => showOutcome(outcome),
  onProblem: (message) => composer.showError(message),
  onAttached: () => composer.focus(),
});
const connection = createConnection({
  onCard(card) {
    announcer.announce(card);
    pageTitle.update(card);
    channel.upsert(card);
  },
  onRemove(jobId) {
    lightbox.closeIfShows(jobId);
    channel.remove(jobId);
  },
  onRefresh: () => void load(),
  onState: showConnection,
});

/** @param {WebCard} card a card of earlier, which may not be in the channel */
function showCard(card) {
  channel.upsert(card);
  channel.jumpTo(card.jobId);
}

/** @param {readonly WebCard[]} cards of jobs that were just accepted */
function showNewCards(cards) {
  for (const card of cards) {
    // The events may have brought a newer state of it already.
    if (channel.has(card.jobId)) continue;
    announcer.announce(card);
    channel.upsert(card);
  }
  channel.scrollToBottom();
}

/**
 * @param {WebOutcome} outcome
 * @param {string} [said] the line it answers
 */
function showOutcome(outcome, said = '') {
  switch (outcome.kind) {
    case 'job':
      showNewCards([outcome.card]);
      return;
    case 'jobs':
      showNewCards(outcome.cards);
      return;
    case 'card':
      showCard(outcome.card);
      return;
    case 'edit':
      composer.fill(outcome.command);
      return;
    case 'help':
    case 'models':
    case 'notice':
    case 'clip':
      channel.appendReply(createReplyView(outcome, { text: said, atMs: Date.now() }, press));
      return;
    case 'region':
      openMaskEditor(outcome, async (command, deliveryId) =>
        showOutcome(await sendMessage(command, deliveryId), command),
      );
      return;
    case 'done':
  }
}

/** @param {string} actionId */
async function press(actionId) {
  try {
    showOutcome(await pressButton(actionId));
  } catch (thrown) {
    composer.showError(thrown instanceof Error ? thrown.message : String(thrown));
  }
}

/** @param {import('./connection.js').ConnectionState} state */
function showConnection(state) {
  const texts = { connecting: 'Connecting…', live: 'Live', lost: 'Reconnecting…' };
  isConnected = state !== 'lost';
  channel.tick(isConnected);
  byId('connection', HTMLElement).dataset.state = state;
  byId('connection-text', HTMLElement).textContent = texts[state];
}

async function showModelName() {
  const { models } = await fetchModels();
  const model = models.find((candidate) => candidate.isDefault) ?? models[0];
  const name = byId('model-name', HTMLElement);
  name.textContent = model === undefined ? 'No model is installed' : (model.problem ?? model.name);
  name.title = model?.description ?? '';
}

/** Reads the newest page of the history, then listens from there on; tries until it works. */
async function load() {
  for (let waitMs = RETRY_MS.first; ; waitMs = Math.min(waitMs * 2, RETRY_MS.max)) {
    try {
      const history = await fetchHistory();
      channel.replaceAll(history);
      connection.start(history.position);
      void showModelName().catch(() => {});
      return;
    } catch {
      showConnection('lost');
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
  }
}

/** Once typing starts anywhere it goes into the message box. */
function setUpKeyboard() {
  document.addEventListener('keydown', (event) => {
    const { target } = event;
    const isElsewhere =
      target instanceof Element &&
      target.closest('input, textarea, dialog, button, a, summary') === null;
    const isText =
      event.key.length === 1 &&
      event.key !== ' ' &&
      !event.ctrlKey &&
      !event.metaKey &&
      !event.altKey;
    if (isElsewhere && isText) composer.focus();
    if (event.key === 'Escape' && target instanceof Element && !target.closest('dialog')) {
      composer.focus();
    }
  });
}

function setUpRest() {
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) connection.resume();
  });
  setInterval(() => {
    if (document.hidden && !channel.hasRunning()) connection.pause();
  }, REST_CHECK_MS);
}

setUpThemeButton(byId('theme-button', HTMLButtonElement));
setUpWelcome(byId('welcome', HTMLElement), (command) => void composer.start(command));
const galleryButton = byId('gallery-button', HTMLButtonElement);
galleryButton.append(icon('grid'));
galleryButton.addEventListener('click', () => void openGallery(showCard));
const helpButton = byId('help-button', HTMLButtonElement);
helpButton.append(icon('help'));
helpButton.addEventListener('click', () => void composer.start('/help'));
byId('new-pill', HTMLButtonElement).addEventListener('click', () => channel.scrollToBottom());
setUpKeyboard();
setUpRest();
setInterval(() => channel.tick(isConnected), 1_000);
if (matchMedia('(hover: hover)').matches) composer.focus();
void load();

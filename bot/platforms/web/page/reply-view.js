// @ts-check
/** Answers that only this window sees: help, models, and notices of all other commands. */
import { createCardButtons } from './card-buttons.js';
import { createDetailList } from './card-details.js';
import { createCommandLine, keepFlagsWhole } from './command-text.js';
import { element } from './dom.js';
import { createBotAvatar, createBotHead, createPersonLine } from './entry-view.js';
import { formatBytes } from './format.js';
import { icon } from './icons.js';

/**
 * @typedef {import('#contract/model-description.ts').ModelDescription} ModelDescription
 * @typedef {import('../../../core/service.ts').Notice} Notice
 * @typedef {import('./card-buttons.js').Press} Press
 * @typedef {{ kind: 'help', text: string }
 *   | { kind: 'models', models: ModelDescription[] }
 *   | { kind: 'clip', image: import('../render.ts').WebPicture }
 *   | ({ kind: 'notice' } & Notice)} Reply
 */

/** The page knows no accounts: whoever types here. */
const PERSON_NAME = 'You';

/**
 * Lines such as `--seed 7  The same seed…` become a table, all others paragraphs.
 *
 * @param {string} text
 */
function createHelpBody(text) {
  const body = element('div', { class: 'help', 'data-testid': 'help' });
  /** @type {HTMLDListElement | undefined} */
  let table;
  for (const line of text.split('\n')) {
    const match = /^\s*((?:--|\/)\S(?:.*?\S)??)(?:\s{2,}|\t+|\s+[–—]\s+)(\S.*)$/.exec(line);
    if (match === null) {
      table = undefined;
      if (line.trim() !== '') body.append(element('p', {}, ...keepFlagsWhole(line.trim())));
      continue;
    }
    table ??= body.appendChild(element('dl', { class: 'help-table' }));
    table.append(
      element('dt', {}, element('code', {}, match[1])),
      element('dd', {}, ...keepFlagsWhole(match[2] ?? '')),
    );
  }
  return body;
}

/** @param {ModelDescription} model */
function createModel(model) {
  const size =
    model.fixedSize === undefined
      ? `${model.defaults.widthPx}×${model.defaults.heightPx} and other sizes`
      : `${model.fixedSize.widthPx}×${model.fixedSize.heightPx} only`;
  const facts = [
    size,
    `${model.defaults.steps} steps`,
    formatBytes(model.sizeBytes),
    model.licence,
  ];
  return element(
    'li',
    { class: 'model' },
    element(
      'p',
      { class: 'model-head' },
      element('strong', {}, model.name),
      element('code', {}, `--model ${model.id}`),
      model.isDefault && element('span', { class: 'bot-mark' }, 'default'),
    ),
    element('p', {}, model.description),
    element('p', { class: 'model-facts' }, facts.join(' · ')),
    model.samplers.length > 0 &&
      element('p', { class: 'model-facts' }, `Samplers: ${model.samplers.join(', ')}`),
    model.styles.length > 0 &&
      element('p', { class: 'model-facts' }, `Styles: ${model.styles.join(', ')}`),
    model.problem !== undefined &&
      element('p', { class: 'note is-failure' }, icon('alert'), element('span', {}, model.problem)),
  );
}

/** @param {ModelDescription[]} models */
function createModelsBody(models) {
  if (models.length === 0) return element('p', {}, 'No model is installed.');
  return element('ul', { class: 'models', 'data-testid': 'models' }, ...models.map(createModel));
}

/**
 * @param {Notice} notice
 * @param {Press} press
 */
function createNoticeBody(notice, press) {
  const buttons = createCardButtons(press, () => {});
  buttons.update(notice.buttons);
  return element(
    'div',
    { class: 'help', 'data-testid': 'notice' },
    element('h3', {}, notice.title),
    ...notice.lines.map((line) => element('p', {}, ...keepFlagsWhole(line))),
    notice.details.length > 0 && createDetailList(notice.details),
    notice.buttons.length > 0 && buttons.root,
  );
}

/**
 * @param {Reply} reply
 * @param {Press} press
 */
function createBody(reply, press) {
  switch (reply.kind) {
    case 'help':
      return createHelpBody(reply.text);
    case 'models':
      return createModelsBody(reply.models);
    case 'clip':
      return element('img', { class: 'clip', src: reply.image.url, alt: reply.image.altText });
    case 'notice':
      return createNoticeBody(reply, press);
  }
}

/**
 * @param {Reply} reply
 * @param {{ text: string, atMs: number }} question what the person said, and when
 * @param {Press} press
 */
export function createReplyView(reply, question, press) {
  const dismiss = element('button', { type: 'button', class: 'text-button' }, 'Dismiss');
  const root = element(
    'article',
    {
      class: 'entry reply',
      'data-testid': 'reply',
      tabindex: -1,
      'aria-label': 'Answer from Imagine',
    },
    question.text !== '' &&
      createPersonLine(PERSON_NAME, question.atMs, createCommandLine(question.text)),
    element(
      'div',
      { class: 'line' },
      createBotAvatar(),
      element(
        'div',
        { class: 'line-body' },
        createBotHead('only you see this'),
        element('div', { class: 'card' }, createBody(reply, press)),
        dismiss,
      ),
    ),
  );
  dismiss.addEventListener('click', () => root.remove());
  return root;
}

// @ts-check
/** Pictures that a person brings: chosen, dropped or pasted. One waits beside the text as its start image. */
import { byId, element } from './dom.js';
import { icon } from './icons.js';
import { uploadPicture, usePicture } from './picture-api.js';

/**
 * @typedef {import('../render.ts').WebOutcome} WebOutcome
 * @typedef {object} AttachmentHandlers
 * @property {(outcome: WebOutcome) => void} onOutcome
 * @property {(message: string) => void} onProblem
 * @property {() => void} onAttached
 */

export class Attachments {
  #bar = byId('attachments', HTMLElement);
  #input = byId('attach-input', HTMLInputElement);
  #handlers;
  /** @type {string | undefined} the picture id that goes with the next command */
  #id;

  /** @param {AttachmentHandlers} handlers */
  constructor(handlers) {
    this.#handlers = handlers;
    const button = byId('attach-button', HTMLButtonElement);
    button.append(icon('picture'));
    button.addEventListener('click', () => this.#input.click());
    this.#input.addEventListener('change', () => {
      const [file] = this.#input.files ?? [];
      this.#input.value = '';
      if (file !== undefined) void this.#attach(file);
    });
    document.addEventListener('paste', (event) => this.#takeFrom(event, event.clipboardData));
    document.addEventListener('dragover', (event) => {
      if (event.dataTransfer?.types.includes('Files')) this.#showDropping(event, true);
    });
    document.addEventListener('dragleave', (event) => {
      if (event.relatedTarget === null) this.#showDropping(event, false);
    });
    document.addEventListener('drop', (event) => {
      this.#showDropping(event, false);
      this.#takeFrom(event, event.dataTransfer);
    });
  }

  /**
   * The command with the start image that waits beside it.
   *
   * @param {string} text
   */
  addTo(text) {
    const isDrawing = /^\s*\/imagine\b/i.test(text);
    const hasImage = /--(?:image|img|init)\b/i.test(text);
    return this.#id === undefined || !isDrawing || hasImage ? text : `${text} --image ${this.#id}`;
  }

  clear() {
    this.#id = undefined;
    this.#bar.replaceChildren();
    this.#bar.hidden = true;
  }

  /**
   * @param {DragEvent} event
   * @param {boolean} isNow
   */
  #showDropping(event, isNow) {
    event.preventDefault();
    document.body.classList.toggle('is-dropping', isNow);
  }

  /**
   * @param {Event} event
   * @param {DataTransfer | null} data
   */
  #takeFrom(event, data) {
    const [file] = data?.files ?? [];
    if (file === undefined) return;
    event.preventDefault();
    void this.#attach(file);
  }

  /** @param {File} file */
  async #attach(file) {
    try {
      const { id, url } = await uploadPicture(file, 'image');
      this.#id = id;
      this.#show(file, url);
      this.#handlers.onAttached();
    } catch (thrown) {
      this.#handlers.onProblem(thrown instanceof Error ? thrown.message : String(thrown));
    }
  }

  /**
   * @param {File} file
   * @param {string} url
   */
  #show(file, url) {
    const remove = this.#createButton('Remove', 'close', () => this.clear());
    const chip = element(
      'div',
      { class: 'attachment', 'data-testid': 'attachment' },
      element('img', { src: url, alt: `Start image: ${file.name}` }),
      element('span', { class: 'attachment-name' }, file.name),
      this.#createButton('Show recipe', 'info', () => void this.#use(file, 'show')),
      this.#createButton('Upscale', 'upscale', () => void this.#use(file, 'upscale')),
      this.#createButton('Vary', 'vary', () => void this.#use(file, 'vary')),
      remove,
    );
    this.#bar.replaceChildren(chip);
    this.#bar.hidden = false;
  }

  /**
   * @param {string} label
   * @param {import('./icons.js').IconName} sign
   * @param {() => void} onClick
   */
  #createButton(label, sign, onClick) {
    const button = element(
      'button',
      { type: 'button', class: 'button is-quiet', 'data-testid': `attachment-${sign}` },
      icon(sign),
      element('span', { class: 'button-label' }, label),
    );
    button.addEventListener('click', onClick);
    return button;
  }

  /**
   * @param {File} file
   * @param {'show' | 'upscale' | 'vary'} use
   */
  async #use(file, use) {
    try {
      this.#handlers.onOutcome(await usePicture(file, use));
      this.clear();
    } catch (thrown) {
      this.#handlers.onProblem(thrown instanceof Error ? thrown.message : String(thrown));
    }
  }
}

// @ts-check
/** The editor of a region: paint what shall be drawn anew, say what shall be there. Works by pointer, touch and keys. */
import { ApiError, createDeliveryId } from './api.js';
import { addFlags, splitCommand } from './command-text.js';
import { byId, element } from './dom.js';
import { icon } from './icons.js';
import { MaskCanvas } from './mask-canvas.js';
import { createMaskToolbar, createToolButton, MASK_TOOLS } from './mask-toolbar.js';
import { uploadPicture } from './picture-api.js';

/**
 * @typedef {import('../render.ts').WebPicture} WebPicture
 * @typedef {import('./mask-canvas.js').MaskTool} MaskTool
 * @typedef {object} Region
 * @property {WebPicture} image
 * @property {string} command
 * @typedef {(command: string, deliveryId: string) => Promise<void>} Draw resolves when the job was accepted
 */

/** How far the arrow keys move the painting point, in shares of the shorter side. */
const KEY_STEP = 1 / 32;
/** @type {Record<string, readonly [number, number]>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** @param {WebPicture} image */
function createStage(image) {
  const canvas = element('canvas', {
    class: 'mask-canvas',
    tabindex: 0,
    role: 'application',
    'aria-label':
      'Mask. Arrow keys move the brush, Space paints or stops painting, B, E and R choose the tool, Control Z takes back.',
    'data-testid': 'mask-canvas',
  });
  const cursor = element('span', { class: 'mask-cursor', 'aria-hidden': 'true' });
  cursor.hidden = true;
  const stage = element(
    'div',
    { class: 'mask-stage' },
    element('img', { src: image.url, alt: image.altText, draggable: 'false' }),
    canvas,
    cursor,
  );
  stage.style.setProperty('--aspect', String(image.widthPx / image.heightPx));
  return { stage, canvas, cursor };
}

/**
 * Painting without a pointer.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {HTMLElement} cursor
 * @param {MaskCanvas} mask
 * @param {(tool: MaskTool) => void} choose
 */
function addKeys(canvas, cursor, mask, choose) {
  const at = { x: canvas.width / 2, y: canvas.height / 2 };
  let isPainting = false;
  const show = () => {
    cursor.hidden = document.activeElement !== canvas;
    cursor.classList.toggle('is-painting', isPainting);
    cursor.style.left = `${(at.x / canvas.width) * 100}%`;
    cursor.style.top = `${(at.y / canvas.height) * 100}%`;
  };
  const stop = () => {
    if (isPainting) mask.end();
    isPainting = false;
    cursor.hidden = true;
  };
  canvas.addEventListener('blur', stop);
  canvas.addEventListener('pointerdown', stop);
  canvas.addEventListener('keydown', (event) => {
    const arrow = ARROWS[event.key];
    const tool = MASK_TOOLS.find(([, , key]) => key === event.key.toLowerCase());
    if (arrow !== undefined) {
      const step = Math.min(canvas.width, canvas.height) * KEY_STEP * (event.shiftKey ? 4 : 1);
      at.x = Math.min(canvas.width, Math.max(0, at.x + arrow[0] * step));
      at.y = Math.min(canvas.height, Math.max(0, at.y + arrow[1] * step));
      if (isPainting) mask.moveTo(at);
    } else if (event.key === ' ') {
      if (isPainting) mask.end();
      else mask.begin({ ...at });
      isPainting = !isPainting;
    } else if (event.key.toLowerCase() === 'z' && (event.ctrlKey || event.metaKey)) {
      mask.undo();
    } else if (event.key === '[' || event.key === ']') {
      mask.sizePx = Math.max(2, mask.sizePx * (event.key === ']' ? 1.25 : 0.8));
    } else if (tool !== undefined && !event.ctrlKey && !event.metaKey) {
      choose(tool[0]);
    } else {
      return;
    }
    event.preventDefault();
    show();
  });
}

/**
 * Draws what the person said, under the same id when the answer to it got lost.
 *
 * @param {Draw} draw
 * @returns {(command: string) => Promise<void>}
 */
function sendOnce(draw) {
  let unanswered = { command: '', deliveryId: '' };
  return async (command) => {
    if (unanswered.command !== command) unanswered = { command, deliveryId: createDeliveryId() };
    try {
      await draw(command, unanswered.deliveryId);
    } catch (thrown) {
      if (thrown instanceof ApiError && thrown.isRefusal) unanswered.command = '';
      throw thrown;
    }
  };
}

/**
 * What is said about the region, and the button that draws it. The flags of the picture go along unseen.
 *
 * @param {string} command
 * @param {MaskCanvas} mask
 * @param {(command: string) => Promise<void>} draw
 */
function createForm(command, mask, draw) {
  const status = element('p', {
    class: 'mask-status',
    role: 'status',
    'data-testid': 'mask-status',
  });
  const words = element('textarea', {
    class: 'mask-words',
    rows: '3',
    'data-testid': 'mask-words',
  });
  const before = splitCommand(command);
  words.value = before.words;
  const onlyMasked = element('input', { type: 'checkbox', 'data-testid': 'mask-only' });
  let isSending = false;
  const submit = async () => {
    isSending = true;
    go.disabled = true;
    try {
      const { id } = await uploadPicture(await mask.toPng(), 'mask');
      const region = [`--mask ${id}`, ...(onlyMasked.checked ? ['--area only-masked'] : [])];
      await draw(`/imagine ${addFlags(words.value, [...before.flags, ...region])}`);
    } catch (thrown) {
      status.textContent = thrown instanceof Error ? thrown.message : String(thrown);
      go.disabled = false;
    }
    isSending = false;
  };
  const go = createToolButton('Draw', () => void submit(), {
    class: 'button is-primary',
    'data-testid': 'mask-draw',
  });
  const check = [onlyMasked, 'Draw the masked part alone, at full detail'];
  const root = element(
    'div',
    {},
    status,
    element('label', { class: 'mask-label' }, 'What shall be there', words),
    element('label', { class: 'mask-check' }, ...check),
    element('div', { class: 'button-row' }, go),
  );
  return {
    root,
    update() {
      const percent = Math.ceil(mask.share() * 100);
      status.textContent =
        percent === 0 ? 'Paint what shall be drawn anew.' : `${percent}% will be drawn anew.`;
      go.disabled = percent === 0 || isSending;
    },
  };
}

/**
 * @param {Region} region
 * @param {Draw} draw
 */
export function openMaskEditor(region, draw) {
  const dialog = byId('mask-editor', HTMLDialogElement);
  const { image } = region;
  const { stage, canvas, cursor } = createStage(image);
  const mask = new MaskCanvas(canvas, { ...image, onChange: () => update() });
  /** @param {MaskTool} tool */
  const choose = (tool) => {
    mask.tool = tool;
    update();
  };
  const toolbar = createMaskToolbar(mask, Math.min(image.widthPx, image.heightPx) / 2, choose);
  const send = sendOnce(draw);
  const form = createForm(region.command, mask, async (command) => {
    await send(command);
    if (form.root.isConnected) dialog.close();
  });
  const update = () => {
    toolbar.update();
    form.update();
  };
  const close = createToolButton('', () => dialog.close(), {
    class: 'icon-button',
    'aria-label': 'Close',
  });
  close.append(icon('close'));
  addKeys(canvas, cursor, mask, choose);
  dialog.replaceChildren(
    element('header', { class: 'sheet-head' }, element('h2', {}, 'Edit region'), close),
    stage,
    toolbar.root,
    form.root,
  );
  update();
  dialog.showModal();
  canvas.focus();
}

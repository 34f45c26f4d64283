// @ts-check
/** The tools of the region editor, each a button that also has a key. */
import { element } from './dom.js';

/**
 * @typedef {import('./mask-canvas.js').MaskCanvas} MaskCanvas
 * @typedef {import('./mask-canvas.js').MaskTool} MaskTool
 */

/** @type {readonly (readonly [tool: MaskTool, label: string, key: string])[]} */
export const MASK_TOOLS = [
  ['brush', 'Brush', 'b'],
  ['eraser', 'Eraser', 'e'],
  ['rectangle', 'Rectangle', 'r'],
];

/**
 * @param {string} label
 * @param {() => void} onClick
 * @param {Record<string, string | boolean>} [attributes]
 */
export function createToolButton(label, onClick, attributes = {}) {
  const button = element('button', { type: 'button', class: 'button', ...attributes }, label);
  button.addEventListener('click', onClick);
  return button;
}

/**
 * @param {MaskCanvas} mask
 * @param {number} sizeMaxPx
 * @param {(tool: MaskTool) => void} choose
 */
export function createMaskToolbar(mask, sizeMaxPx, choose) {
  const tools = MASK_TOOLS.map(([tool, label, key]) =>
    createToolButton(label, () => choose(tool), {
      'data-testid': `mask-${tool}`,
      title: `${label} (${key.toUpperCase()})`,
    }),
  );
  const size = element('input', {
    type: 'range',
    min: '2',
    max: String(Math.round(sizeMaxPx)),
    'aria-label': 'Size of the brush',
  });
  size.addEventListener('input', () => {
    mask.sizePx = Number(size.value);
  });
  const undo = createToolButton('Undo', () => mask.undo(), { 'data-testid': 'mask-undo' });
  const root = element(
    'div',
    { class: 'button-row', role: 'group', 'aria-label': 'Tools' },
    ...tools,
    size,
    undo,
    createToolButton('Invert', () => mask.invert(), { 'data-testid': 'mask-invert' }),
    createToolButton('Clear', () => mask.clear(), { 'data-testid': 'mask-clear' }),
  );
  return {
    root,
    update() {
      MASK_TOOLS.forEach(([tool], at) => {
        tools[at]?.setAttribute('aria-pressed', String(tool === mask.tool));
      });
      undo.disabled = !mask.canUndo();
      size.value = String(Math.round(mask.sizePx));
    },
  };
}

// @ts-check
/** Paints preview sheets into the places of the pictures, each step fading over the one before. */
import { element, prefersReducedMotion } from './dom.js';

/** @typedef {import('#contract/job-event.ts').Preview} Preview */

/** Pixels of a painted preview; the browser enlarges it the rest of the way. */
const PAINTED_SIDE_PX = 192;
const FADE_MS = { min: 80, max: 320 };
/** Sheets with tiles smaller than this are softened, or their few pixels would show as a lattice. */
const SOFT_BELOW_PX = 40;

/** @param {Preview} preview */
function decode(preview) {
  const bytes = Uint8Array.from(atob(preview.base64), (character) => character.charCodeAt(0));
  return createImageBitmap(new Blob([bytes], { type: preview.mediaType }));
}

/**
 * @param {readonly HTMLElement[]} cells one a picture, in order
 */
export function createPreviewPainter(cells) {
  /** Two canvases a cell: the lower shows the step before while the upper fades in. */
  const pairs = cells.map(() => /** @type {const} */ ([element('canvas'), element('canvas')]));
  let newest = 0;
  /** Sheets painted so far; even and odd ones take the two canvases in turn. */
  let paintings = 0;
  let painted = 0;
  let paintedAtMs = 0;
  let isStopped = false;
  let lastBase64 = '';

  /**
   * @param {ImageBitmap} sheet
   * @param {Preview} preview
   * @param {number} fadeMs
   */
  function paint(sheet, preview, fadeMs) {
    paintings += 1;
    const rows = Math.ceil(cells.length / preview.columns);
    const tileWidth = sheet.width / preview.columns;
    const tileHeight = sheet.height / rows;
    const scale = Math.max(1, PAINTED_SIDE_PX / Math.max(tileWidth, tileHeight));
    cells.forEach((cell, index) => {
      const canvas = pairs[index]?.[paintings % 2];
      const context = canvas?.getContext('2d');
      if (!canvas || !context) return;
      canvas.width = Math.round(tileWidth * scale);
      canvas.height = Math.round(tileHeight * scale);
      canvas.className = tileWidth < SOFT_BELOW_PX ? 'preview is-soft' : 'preview';
      canvas.dataset.testid = 'preview';
      context.imageSmoothingQuality = 'high';
      const left = (index % preview.columns) * tileWidth;
      const top = Math.floor(index / preview.columns) * tileHeight;
      context.drawImage(sheet, left, top, tileWidth, tileHeight, 0, 0, canvas.width, canvas.height);
      cell.append(canvas);
      cell.dataset.frames = String(Number(cell.dataset.frames ?? 0) + 1);
      if (fadeMs > 0) canvas.animate([{ opacity: 0 }, { opacity: 1 }], fadeMs);
    });
  }

  return {
    /** @param {Preview} preview */
    async show(preview) {
      if (preview.base64 === lastBase64) return;
      lastBase64 = preview.base64;
      newest += 1;
      const number = newest;
      const sheet = await decode(preview).catch(() => undefined);
      // Decoding may end out of order: an older step must not cover a newer one.
      if (sheet !== undefined && number > painted && !isStopped) {
        const now = performance.now();
        const fadeMs = Math.min(FADE_MS.max, Math.max(FADE_MS.min, now - paintedAtMs));
        const isFirst = painted === 0;
        painted = number;
        paintedAtMs = now;
        paint(sheet, preview, prefersReducedMotion() || isFirst ? 0 : fadeMs);
      }
      sheet?.close();
    },
    /**
     * Takes the previews of one picture away.
     *
     * @param {number} index
     */
    clear(index) {
      isStopped = true;
      for (const canvas of pairs[index] ?? []) canvas.remove();
    },
    hasPainted: () => painted > 0,
  };
}

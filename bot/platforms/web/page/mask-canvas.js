// @ts-check
/** The painting of a mask: strokes and rectangles over a picture, with undo. White is drawn anew. */

/**
 * @typedef {'brush' | 'eraser' | 'rectangle'} MaskTool
 * @typedef {{ x: number, y: number }} Point in pixels of the picture
 */

const UNDO_MAX = 30;
/** Painted parts over the picture: seen on light and dark ones. */
const PAINT = '#ff7a48';

export class MaskCanvas {
  /** @type {MaskTool} */
  tool = 'brush';
  /** Diameter in pixels of the picture. */
  sizePx;
  #canvas;
  #context;
  /** @type {ImageData[]} */
  #past = [];
  /** @type {Point | undefined} */
  #last;
  /** @type {{ from: Point, before: ImageData } | undefined} */
  #rectangle;
  #onChange;

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {{ widthPx: number, heightPx: number, onChange: () => void }} options
   */
  constructor(canvas, { widthPx, heightPx, onChange }) {
    const context = canvas.getContext('2d', { willReadFrequently: true });
    if (context === null) throw new Error('This browser cannot paint here.');
    canvas.width = widthPx;
    canvas.height = heightPx;
    this.#canvas = canvas;
    this.#context = context;
    this.#onChange = onChange;
    this.sizePx = Math.max(4, Math.round(Math.min(widthPx, heightPx) / 8));
    canvas.addEventListener('pointerdown', (event) => {
      canvas.setPointerCapture(event.pointerId);
      this.begin(this.#toPoint(event));
      event.preventDefault();
    });
    canvas.addEventListener('pointermove', (event) => {
      if (!canvas.hasPointerCapture(event.pointerId)) return;
      // Fast fingers: all places between two frames, not only the newest.
      const events = event.getCoalescedEvents?.() ?? [event];
      for (const one of events.length > 0 ? events : [event]) this.moveTo(this.#toPoint(one));
    });
    for (const type of ['pointerup', 'pointercancel']) {
      canvas.addEventListener(type, () => this.end());
    }
  }

  /** @param {Point} point */
  begin(point) {
    this.#remember();
    if (this.tool === 'rectangle') {
      this.#rectangle = { from: point, before: this.#read() };
      return;
    }
    this.#last = point;
    this.moveTo(point);
  }

  /** @param {Point} point */
  moveTo(point) {
    const context = this.#context;
    if (this.#rectangle !== undefined) {
      const { from, before } = this.#rectangle;
      context.putImageData(before, 0, 0);
      context.globalCompositeOperation = 'source-over';
      context.fillStyle = PAINT;
      context.fillRect(from.x, from.y, point.x - from.x, point.y - from.y);
    } else if (this.#last !== undefined) {
      context.globalCompositeOperation = this.tool === 'eraser' ? 'destination-out' : 'source-over';
      context.strokeStyle = PAINT;
      context.lineCap = 'round';
      context.lineWidth = this.sizePx;
      context.beginPath();
      context.moveTo(this.#last.x, this.#last.y);
      context.lineTo(point.x + 0.01, point.y);
      context.stroke();
      this.#last = point;
    }
    this.#onChange();
  }

  end() {
    this.#last = undefined;
    this.#rectangle = undefined;
    this.#onChange();
  }

  undo() {
    const before = this.#past.pop();
    if (before !== undefined) this.#context.putImageData(before, 0, 0);
    this.#onChange();
  }

  clear() {
    this.#remember();
    this.#context.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
    this.#onChange();
  }

  invert() {
    this.#remember();
    this.#context.globalCompositeOperation = 'source-out';
    this.#context.fillStyle = PAINT;
    this.#context.fillRect(0, 0, this.#canvas.width, this.#canvas.height);
    this.#onChange();
  }

  canUndo() {
    return this.#past.length > 0;
  }

  /** The painted share of the picture, 0..1. */
  share() {
    const { data } = this.#read();
    let painted = 0;
    for (let at = 3; at < data.length; at += 4) if ((data[at] ?? 0) > 127) painted += 1;
    return painted / (data.length / 4);
  }

  /** The mask as the bot takes it: white on black, a PNG file. @returns {Promise<Blob>} */
  toPng() {
    const { width, height } = this.#canvas;
    const mask = this.#read();
    for (let at = 0; at < mask.data.length; at += 4) {
      const value = (mask.data[at + 3] ?? 0) > 127 ? 255 : 0;
      mask.data.set([value, value, value, 255], at);
    }
    const flat = new OffscreenCanvas(width, height);
    flat.getContext('2d')?.putImageData(mask, 0, 0);
    return flat.convertToBlob({ type: 'image/png' });
  }

  #read() {
    return this.#context.getImageData(0, 0, this.#canvas.width, this.#canvas.height);
  }

  #remember() {
    this.#past.push(this.#read());
    if (this.#past.length > UNDO_MAX) this.#past.shift();
  }

  /** @param {PointerEvent} event */
  #toPoint(event) {
    const box = this.#canvas.getBoundingClientRect();
    return {
      x: ((event.clientX - box.left) / box.width) * this.#canvas.width,
      y: ((event.clientY - box.top) / box.height) * this.#canvas.height,
    };
  }
}

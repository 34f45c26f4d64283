/** What may be done with a picture that is there: redraw a part of it, or go on beyond its edges. */
import * as z from 'zod';
import { maskSourceSchema } from './image-source.ts';
import { LIMITS } from './limits.ts';

const share = z.number().min(0).max(1);

/**
 * The part that is drawn anew. Nothing outside it changes, to the byte.
 * image: white is drawn anew and black kept, greys in between count from one half on, what is transparent is kept. The
 * mask is brought to the picture's size; its ratio of sides must be the picture's, within 2 in 100.
 * rectangle: edges as shares of the picture, 0 is left or top. cells: indices row by row from 0 in a grid of equal
 * cells, for pickers made of buttons.
 */
const maskSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('image'), image: maskSourceSchema }),
  z.strictObject({
    kind: z.literal('rectangle'),
    left: share,
    top: share,
    right: share,
    bottom: share,
  }),
  z.strictObject({
    kind: z.literal('cells'),
    columns: z.int().min(LIMITS.maskCells.min).max(LIMITS.maskCells.max),
    rows: z.int().min(LIMITS.maskCells.min).max(LIMITS.maskCells.max),
    cells: z
      .array(z.int().min(0))
      .min(1)
      .max(LIMITS.maskCells.max ** 2),
  }),
]);
export type Mask = z.infer<typeof maskSchema>;

/**
 * whole: the picture is drawn at the model's size and enlarged to its own, good for large masks. only-masked: the masked
 * part and its surroundings alone are drawn at the model's size, so that small masks get all its detail.
 */
export const INPAINT_AREAS = ['whole', 'only-masked'] as const;

export const inpaintSchema = z.strictObject({
  mask: maskSchema,
  area: z.enum(INPAINT_AREAS).default('whole'),
  /** In pixels of the picture, from the mask's edge inwards. Left out = a share of the mask's size. */
  featherPx: z.int().min(LIMITS.featherPx.min).max(LIMITS.featherPx.max).optional(),
  /** only-masked: surroundings shown to the model, in pixels of the picture. Left out = a share of the mask's size. */
  paddingPx: z.int().min(LIMITS.paddingPx.min).max(LIMITS.paddingPx.max).optional(),
});
export type Inpaint = z.infer<typeof inpaintSchema>;

const border = z.int().min(LIMITS.borderPx.min).max(LIMITS.borderPx.max).default(0);

/**
 * zoom: the picture keeps its size and shrinks into the middle of a wider view. pan: the canvas grows on one side by a
 * share of its shorter side, and can be panned again until LIMITS.canvasSidePxMax.
 * borders: pixels added to each side. The model's cells may round what is asked for; the result says what was drawn.
 */
export const outpaintSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('zoom'),
    factor: z.number().min(LIMITS.zoomFactor.min).max(LIMITS.zoomFactor.max),
  }),
  z.strictObject({
    kind: z.literal('pan'),
    direction: z.enum(['left', 'right', 'up', 'down']),
    amount: z.number().min(LIMITS.panAmount.min).max(LIMITS.panAmount.max).default(0.5),
  }),
  z.strictObject({
    kind: z.literal('borders'),
    leftPx: border,
    rightPx: border,
    topPx: border,
    bottomPx: border,
  }),
]);
export type Outpaint = z.infer<typeof outpaintSchema>;

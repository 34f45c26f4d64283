/** How a picture came from another one, without saying whose job that was. */
import * as z from 'zod';
import type { GenerateRequest } from './generation-request.ts';

const PICTURE_ACTIONS = [
  'generate',
  'variation',
  'image-to-image',
  'inpaint',
  'zoom',
  'pan',
  'extend',
  'upscale',
  'animate',
] as const;
export type PictureAction = (typeof PICTURE_ACTIONS)[number];

export const lineageSchema = z.strictObject({
  action: z.enum(PICTURE_ACTIONS),
  /** sha256 of the file that it was made from, hexadecimal; none where it came out of noise alone. */
  parentSha256: z.string().optional(),
});
export type Lineage = z.infer<typeof lineageSchema>;

/** What a generate request does to a picture. */
export function toPictureAction(
  request: Pick<GenerateRequest, 'startImage' | 'inpaint' | 'outpaint' | 'variations'>,
): PictureAction {
  if (request.inpaint !== undefined) return 'inpaint';
  if (request.outpaint !== undefined) {
    return request.outpaint.kind === 'borders' ? 'extend' : request.outpaint.kind;
  }
  if (request.startImage !== undefined) return 'image-to-image';
  return request.variations === undefined ? 'generate' : 'variation';
}

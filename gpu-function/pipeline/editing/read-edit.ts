/** What a request wants done with a picture, with the picture and the mask decoded. */
import type { GenerateRequest } from '#contract/generation-request.ts';
import { GenerationError } from '#contract/generation-error.ts';
import { LIMITS } from '#contract/limits.ts';
import { createHash } from 'node:crypto';
import { decodeImageFile, resampleLanczos } from '../image-file.ts';
import type { PixelImage } from '../pixels.ts';
import { readSource } from '../read-source.ts';

export interface SourcePicture {
  image: PixelImage;
  /** Of the file, hexadecimal. */
  sha256: string;
  notes: string[];
}

/** Undefined when the request draws from words alone. Throws GenerationError `image-unreadable` or `image-unknown`. */
export async function readStartImage(request: GenerateRequest): Promise<SourcePicture | undefined> {
  if (request.startImage === undefined) return undefined;
  const file = readSource(request.startImage);
  const { image } = await decodeImageFile(file);
  const sideMin = LIMITS.sidePx.min;
  if (Math.min(image.widthPx, image.heightPx) < sideMin) {
    throw new GenerationError(
      'size-unsupported',
      `The picture is ${image.widthPx}×${image.heightPx}; send one of at least ${sideMin} pixels a side.`,
    );
  }
  const sha256 = createHash('sha256').update(file).digest('hex');
  return { ...(await fitCanvas(image)), sha256 };
}

/** What is larger than a canvas may be is made smaller, and the person is told. */
async function fitCanvas(image: PixelImage): Promise<Pick<SourcePicture, 'image' | 'notes'>> {
  const scale = LIMITS.canvasSidePxMax / Math.max(image.widthPx, image.heightPx);
  if (scale >= 1) return { image, notes: [] };
  const widthPx = Math.max(1, Math.round(image.widthPx * scale));
  const heightPx = Math.max(1, Math.round(image.heightPx * scale));
  return {
    image: await resampleLanczos(image, widthPx, heightPx),
    notes: [
      `The picture was made smaller, to ${widthPx}×${heightPx}: a canvas has at most ${LIMITS.canvasSidePxMax} pixels a side.`,
    ],
  };
}

/** The uploaded mask; undefined where the mask is a rectangle or cells. */
export async function readMaskImage(request: GenerateRequest): Promise<PixelImage | undefined> {
  const mask = request.inpaint?.mask;
  if (mask?.kind !== 'image') return undefined;
  return (await decodeImageFile(readSource(mask.image))).image;
}

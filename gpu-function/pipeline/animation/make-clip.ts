/** The way from noise to picture as an animated file, from the previews that were made anyway. */
import type { ClipFormat } from '#contract/generation-request.ts';
import type { Preview } from '#contract/job-event.ts';
import { cutOut } from '../editing/picture-area.ts';
import { decodeImageFile, encodeAnimation, resampleSmoothly } from '../image-file.ts';
import type { PixelImage } from '../pixels.ts';

/** Of the longer side of a sheet. */
const SIDE_MAX_PX = 512;
/** More previews than this are thinned out: nobody sees a fiftieth of a second. */
const FRAMES_MAX = 32;
const FRAME_MS = 90;
/** The finished pictures stay for a while before it begins again. */
const LAST_FRAME_MS = 1_800;

export interface ClipFile {
  file: Buffer;
  widthPx: number;
  heightPx: number;
}

/** All finished pictures, RGB of one size, in the sheet's order, and the previews before them. */
export async function makeClip(
  previews: readonly Preview[],
  pictures: readonly PixelImage[],
  format: ClipFormat,
): Promise<ClipFile> {
  const columns = previews[0]?.columns ?? Math.min(2, pictures.length);
  const finished = layOut(pictures, columns);
  const scale = Math.min(1, SIDE_MAX_PX / Math.max(finished.widthPx, finished.heightPx));
  const widthPx = Math.max(1, Math.round(finished.widthPx * scale));
  const heightPx = Math.max(1, Math.round(finished.heightPx * scale));
  const frames: PixelImage[] = [];
  for (const preview of thinOut(previews, FRAMES_MAX)) {
    const { image } = await decodeImageFile(Buffer.from(preview.base64, 'base64'));
    frames.push(await resampleSmoothly(image, widthPx, heightPx));
  }
  frames.push(await resampleSmoothly(finished, widthPx, heightPx));
  const delaysMs = frames.map((_, index) =>
    index === frames.length - 1 ? LAST_FRAME_MS : FRAME_MS,
  );
  return encodeAnimation({ frames, delaysMs, format });
}

/** Evenly chosen, the first and the last among them. */
function thinOut<T>(items: readonly T[], countMax: number): T[] {
  if (items.length <= countMax) return [...items];
  return Array.from({ length: countMax }, (_, index) => {
    return items[Math.round((index * (items.length - 1)) / (countMax - 1))];
  }).filter((item): item is T => item !== undefined);
}

/** The pictures on one sheet in rows of `columns`, grey where there is none. */
function layOut(pictures: readonly PixelImage[], columns: number): PixelImage {
  const [first] = pictures;
  if (first === undefined) throw new RangeError('there is no picture');
  const widthPx = columns * first.widthPx;
  const heightPx = Math.ceil(pictures.length / columns) * first.heightPx;
  const pixels = new Uint8ClampedArray(widthPx * heightPx * 3).fill(128);
  for (const [index, picture] of pictures.entries()) {
    const left = (index % columns) * first.widthPx;
    const top = Math.floor(index / columns) * first.heightPx;
    for (let y = 0; y < picture.heightPx; y++) {
      const row = cutOut(picture, { left: 0, top: y, right: picture.widthPx, bottom: y + 1 });
      pixels.set(row.pixels, ((top + y) * widthPx + left) * 3);
    }
  }
  return { pixels, widthPx, heightPx, channels: 3 };
}

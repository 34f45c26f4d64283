/** Paints the training pictures and writes their captions. */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { createIconLibrary } from './icon-library.ts';
import type { CatalogedIcon } from './make-icons.ts';
import { ICON_BYTES, paintPicture } from './paint-picture.ts';
import { planPicture } from './picture-plan.ts';
import type { PictureKind } from './picture-plan.ts';
import { createRandom } from './random.ts';

/** Apart from the seeds of training and evaluation; picture n has seed + n. */
const SEED = 40_000_000;

export interface PictureCounts {
  total: number;
  byKind: Record<PictureKind, number>;
  meanWords: number;
}

/**
 * Writes pictures.rgb (49,152 bytes a picture) and captions.jsonl (a line a picture) into the folder that holds
 * icons.rgba. Only icons of the training split are used.
 */
export async function makePictures(
  icons: readonly CatalogedIcon[],
  count: number,
  folder: string,
): Promise<PictureCounts> {
  const library = createIconLibrary(icons.filter(({ split }) => split === 'train'));
  const pixels = await readWholeFile(join(folder, 'icons.rgba'));
  const readIcon = (index: number) => pixels.subarray(index * ICON_BYTES, (index + 1) * ICON_BYTES);
  const pictures = createWriteStream(join(folder, 'pictures.rgb'));
  const captions = createWriteStream(join(folder, 'captions.jsonl'));
  const byKind = { plain: 0, colour: 0, background: 0, pair: 0, scene: 0, count: 0, place: 0 };
  let words = 0;
  for (let number = 0; number < count; number++) {
    const plan = planPicture(library, createRandom(SEED + number));
    const labels = plan.placements.map(({ iconIndex }) => icons[iconIndex]?.concept.label);
    captions.write(
      `${JSON.stringify({ caption: plan.caption, kind: plan.kind, labels: [...new Set(labels)] })}\n`,
    );
    if (!pictures.write(paintPicture(plan, readIcon))) {
      await once(pictures, 'drain');
    }
    byKind[plan.kind] += 1;
    words += plan.caption.split(' ').length;
  }
  pictures.end();
  captions.end();
  await Promise.all([finished(pictures), finished(captions)]);
  return { total: count, byKind, meanWords: words / count };
}

/** Files beyond the 2 GiB that readFile takes, in one buffer. */
async function readWholeFile(path: string): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const content = new Uint8Array(size);
    let done = 0;
    while (done < size) {
      const { bytesRead } = await file.read(content, done, Math.min(2 ** 30, size - done), done);
      if (bytesRead === 0) throw new Error(`${path} ends early; render the icons again`);
      done += bytesRead;
    }
    return content;
  } finally {
    await file.close();
  }
}

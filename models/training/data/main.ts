/**
 * Makes the data set of the icon model: `node models/training/data/main.ts [--count 200000] [--folder FOLDER]`.
 * Writes icons, pictures, captions, a manifest with every licence, and the data card.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readConcepts } from './concepts.ts';
import { writeDataCard } from './data-card.ts';
import { ICON_SETS, readLicence } from './icon-sets.ts';
import { makeIcons } from './make-icons.ts';
import { makePictures } from './make-pictures.ts';

export interface DataOptions {
  count: number;
  folder: string;
  /** Ids of the sets to use; all when left out. */
  setIds?: readonly string[];
}

/** Throws an Error that names the package whose licence or files are not as needed; nothing is rendered before. */
export async function makeDataSet({ count, folder, setIds }: DataOptions): Promise<void> {
  const chosen = ICON_SETS.filter(({ id }) => setIds === undefined || setIds.includes(id));
  const sets = chosen.map((set) => ({ ...set, licence: readLicence(set) }));
  const concepts = readConcepts();
  await mkdir(folder, { recursive: true });
  const files = await makeIcons(sets, concepts, folder);
  const pictures = await makePictures(files.icons, count, folder);
  const manifest = { sets: sets.map(({ id, licence }) => ({ id, ...licence })), pictures };
  await writeFile(join(folder, 'manifest.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
  await writeFile(join(folder, 'DATA_CARD.md'), writeDataCard({ sets, concepts, files, pictures }));
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      count: { type: 'string', default: '200000' },
      folder: {
        type: 'string',
        default: join(import.meta.dirname, '..', 'checkpoints', 'icon-data'),
      },
    },
  });
  await makeDataSet({ count: Number(values.count), folder: values.folder });
}

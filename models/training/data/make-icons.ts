/** Renders every usable icon into one file, and says where each came from. */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { summariseHue } from './colours.ts';
import type { Concept } from './concepts.ts';
import { HELD_OUT_CONCEPTS, isHeldOutIcon } from './held-out.ts';
import type { RenderedIcon } from './icon-library.ts';
import type { IconSet } from './icon-sets.ts';
import { readIcons } from './read-icons.ts';
import { renderIcon } from './render-icon.ts';

/** Opaque pixels that an icon must have at least: emptier ones were not drawn as meant. */
const OPAQUE_SHARE_MIN = 0.02;

/** `train`: pictures are made of it. The others are for the evaluation alone. */
type Split = 'train' | 'held-out-icon' | 'held-out-concept';
export type CatalogedIcon = RenderedIcon & { split: Split };

export interface IconFiles {
  icons: CatalogedIcon[];
  /** Names of icons that could not be drawn, as set/name. */
  refused: string[];
}

/** Writes icons.rgba (65,536 bytes an icon) and icons.json into the folder. */
export async function makeIcons(
  sets: readonly IconSet[],
  concepts: readonly Concept[],
  folder: string,
): Promise<IconFiles> {
  const output = createWriteStream(join(folder, 'icons.rgba'));
  const icons: CatalogedIcon[] = [];
  const refused: string[] = [];
  for (const set of sets) {
    for (const source of readIcons(set, concepts)) {
      const rgba = await renderIcon(source.file).catch(() => undefined);
      if (rgba === undefined || opaqueShare(rgba) < OPAQUE_SHARE_MIN) {
        refused.push(`${set.id}/${source.name}`);
        continue;
      }
      if (!output.write(rgba)) await once(output, 'drain');
      const { concept, name } = source;
      icons.push({
        index: icons.length,
        setId: set.id,
        name,
        concept,
        styles: set.styles,
        hue: summariseHue(rgba),
        split: splitOf(set.id, name, concept),
      });
    }
  }
  output.end();
  await finished(output);
  await writeFile(join(folder, 'icons.json'), JSON.stringify(icons.map(toEntry)));
  return { icons, refused };
}

function splitOf(setId: string, name: string, concept: Concept): Split {
  if (HELD_OUT_CONCEPTS.has(concept.label)) return 'held-out-concept';
  return isHeldOutIcon(setId, name) ? 'held-out-icon' : 'train';
}

const toEntry = ({ index, setId, name, concept, split }: CatalogedIcon) => ({
  index,
  set: setId,
  name,
  label: concept.label,
  group: concept.group,
  split,
});

function opaqueShare(rgba: Uint8Array): number {
  let opaque = 0;
  for (let at = 3; at < rgba.length; at += 4) if ((rgba[at] ?? 0) >= 128) opaque += 1;
  return (opaque * 4) / rgba.length;
}

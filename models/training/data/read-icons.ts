/** The icons of the sets that show a known concept, not yet rendered. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { createNameIndex, toCodePoints } from './concepts.ts';
import type { Concept } from './concepts.ts';
import { PACKAGES_FOLDER, readPackageFile } from './icon-sets.ts';
import type { IconSet } from './icon-sets.ts';

export interface SourceIcon {
  setId: string;
  /** As the set names it. */
  name: string;
  concept: Concept;
  /** An SVG text or a WebP file. */
  file: Buffer;
}

const sizeSchema = z.number().positive().max(4_096).optional();
const iconsSchema = z.looseObject({
  width: sizeSchema,
  height: sizeSchema,
  icons: z.record(
    z.string(),
    z.looseObject({
      body: z.string(),
      left: z.number().optional(),
      top: z.number().optional(),
      width: sizeSchema,
      height: sizeSchema,
    }),
  ),
});
/** Iconify's own default. */
const ICONIFY_SIDE = 16;
const SKIN_TONE = /skin-tone|-1f3f[b-f]/;

/** In the order of their names. Skin tones are left out: they say nothing about things. */
export function readIcons(set: IconSet, concepts: readonly Concept[]): SourceIcon[] {
  const icons = set.format === 'iconify' ? readIconify(set, concepts) : readWebp(set, concepts);
  return icons.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function readIconify(set: IconSet, concepts: readonly Concept[]): SourceIcon[] {
  const findConcept = createNameIndex(concepts);
  const content = iconsSchema.parse(readPackageFile(set.packageName, 'icons.json'));
  return Object.entries(content.icons).flatMap(([name, icon]) => {
    const concept = SKIN_TONE.test(name) ? undefined : findConcept(name);
    if (concept === undefined) return [];
    const width = icon.width ?? content.width ?? ICONIFY_SIDE;
    const height = icon.height ?? content.height ?? ICONIFY_SIDE;
    const box = `${icon.left ?? 0} ${icon.top ?? 0} ${width} ${height}`;
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="${width}" height="${height}" viewBox="${box}">${icon.body}</svg>`;
    return { setId: set.id, name, concept, file: Buffer.from(svg) };
  });
}

function readWebp(set: IconSet, concepts: readonly Concept[]): SourceIcon[] {
  const folder = join(PACKAGES_FOLDER, set.packageName, 'assets');
  const byCodePoints = new Map(concepts.map((concept) => [concept.codePoints, concept]));
  return readdirSync(folder).flatMap((file) => {
    const name = file.replace(/\.webp$/, '');
    const concept = byCodePoints.get(toCodePoints(name));
    if (concept === undefined || name === file) return [];
    return { setId: set.id, name, concept, file: readFileSync(join(folder, file)) };
  });
}

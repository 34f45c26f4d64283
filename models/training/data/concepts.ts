/** The things that can be drawn: one concept an emoji of the chosen groups, with Unicode's names and keywords for it. */
import * as z from 'zod';
import { readPackageFile } from './icon-sets.ts';
import { SYNONYMS } from './synonyms.ts';

export interface Concept {
  /** Unicode CLDR's name, lower case: the concept's id. */
  label: string;
  /** Code points in lower-case hexadecimal, joined by dashes, without the variation selector. */
  codePoints: string;
  group: ConceptGroup;
  /** Other names that a person may type for it, hand-written. */
  synonyms: readonly string[];
  /** CLDR's keywords. */
  tags: readonly string[];
}

/** Numbers as in emojibase's meta/groups.json. People are left out: nobody should be drawn in a likeness. */
const GROUPS = {
  0: 'smileys',
  3: 'animals and nature',
  4: 'food and drink',
  5: 'travel and places',
  6: 'activities',
  7: 'objects',
} as const;
type ConceptGroup = (typeof GROUPS)[keyof typeof GROUPS];

/** Marks without a thing in them, and what no one needs a small model to draw. */
const EXCLUDED_LABELS =
  /o’clock|-thirty|speech bubble|anger bubble|thought balloon|^ZZZ$|hundred points|cigarette|playing cards|suit$|joker|mahjong|^map of|^kaaba$|hamsa|banknote|chart increasing with yen|tokyo tower|statue of liberty|mount fuji|japanese post office/i;

const emojiSchema = z.array(
  z.looseObject({
    label: z.string(),
    hexcode: z.string(),
    group: z.int().optional(),
    tags: z.array(z.string()).default([]),
  }),
);

/** In Unicode's order. */
export function readConcepts(): Concept[] {
  const emojis = emojiSchema.parse(readPackageFile('emojibase-data', 'en/data.json'));
  return emojis.flatMap(({ label, hexcode, group, tags }) => {
    const name = GROUPS[group as keyof typeof GROUPS];
    if (name === undefined || EXCLUDED_LABELS.test(label)) return [];
    const words = toWords(label);
    return {
      label: words,
      codePoints: toCodePoints(hexcode),
      group: name,
      synonyms: SYNONYMS[words] ?? [],
      tags: tags.map(toWords).filter((tag) => tag.length > 1 && tag !== words),
    };
  });
}

/** Lower-case letters, digits and single blanks: the alphabet of the tokenizer. */
export function toWords(text: string): string {
  return text
    .normalize('NFD')
    .toLowerCase()
    .replaceAll(/[’'\p{M}]/gu, '')
    .replaceAll(/[^a-z0-9]+/g, ' ')
    .trim();
}

export function toCodePoints(hexcode: string): string {
  return hexcode
    .toLowerCase()
    .split('-')
    .filter((point) => point !== 'fe0f')
    .join('-');
}

/** The concept that an icon's name means: `bus-2`, `grinning-face` and `bouquetofflowers` all find theirs. */
export function createNameIndex(
  concepts: readonly Concept[],
): (name: string) => Concept | undefined {
  const byLetters = new Map<string, Concept>();
  // Labels last: they win over synonyms.
  for (const concept of concepts) {
    for (const synonym of concept.synonyms) byLetters.set(synonym.replaceAll(' ', ''), concept);
  }
  for (const concept of concepts) byLetters.set(concept.label.replaceAll(' ', ''), concept);
  return (name) =>
    byLetters.get(toWords(name).replaceAll(' ', '')) ??
    byLetters.get(toWords(name.replace(/-(?:flat|duo|\d+)$/, '')).replaceAll(' ', ''));
}

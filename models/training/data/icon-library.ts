/** The rendered icons by concept: a picture chooses its concept first, so that every concept is seen as often. */
import type { Concept } from './concepts.ts';
import type { HueSummary } from './colours.ts';
import type { Random } from './random.ts';

export interface RenderedIcon {
  /** Place in the file of all rendered icons. */
  index: number;
  setId: string;
  name: string;
  concept: Concept;
  styles: readonly string[];
  hue: HueSummary;
}

export interface IconLibrary {
  conceptCount: number;
  /** An icon of a concept drawn at random; never of `other`. */
  pick(random: Random, other?: Concept): RenderedIcon;
}

/** Throws an Error when there are fewer than two concepts: pairs could not be made. */
export function createIconLibrary(icons: readonly RenderedIcon[]): IconLibrary {
  const byConcept = Map.groupBy(icons, (icon) => icon.concept.label);
  const concepts = [...byConcept.values()];
  if (concepts.length < 2) throw new Error('fewer than two concepts have icons; install all sets');
  const pick = (random: Random, other?: Concept): RenderedIcon => {
    const icon = random.pick(random.pick(concepts));
    return icon.concept.label === other?.label ? pick(random, other) : icon;
  };
  return { conceptCount: concepts.length, pick };
}

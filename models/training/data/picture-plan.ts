/** What one picture of the data set shows, and how it is captioned: decided from its number alone. */
import { chooseBackgroundColour, SCENE_NAMES, SCENES } from './backgrounds.ts';
import type { Background } from './backgrounds.ts';
import { countPhrases, withArticle } from './captions.ts';
import { COLOUR_NAMES, COLOURS, HUE_NAMES } from './colours.ts';
import type { ColourName } from './colours.ts';
import type { IconLibrary, RenderedIcon } from './icon-library.ts';
import type { Random } from './random.ts';

/** Share of each kind; the rest is plain. */
const KIND_WEIGHTS = {
  plain: 0.38,
  colour: 0.16,
  background: 0.14,
  pair: 0.12,
  scene: 0.08,
  count: 0.06,
  place: 0.06,
} as const;
export type PictureKind = keyof typeof KIND_WEIGHTS;

export type Recolour =
  | { kind: 'none' }
  | { kind: 'turn'; degrees: number }
  | { kind: 'tint'; colour: ColourName };

export interface Placement {
  iconIndex: number;
  /** Of the icon's square, in a picture of side 1. */
  centreX: number;
  centreY: number;
  side: number;
  isMirrored: boolean;
  recolour: Recolour;
}

export interface PicturePlan {
  kind: PictureKind;
  background: Background;
  placements: Placement[];
  caption: string;
}

/** How often a set's manner, another name or a keyword is put into words. */
const STYLE_SAID = 0.2;
const SYNONYM_SAID = 0.35;
const TAG_SAID = 0.12;
/** Enough of one hue for its name to be true after turning. */
const HUE_SHARE_MIN = 0.55;

export function planPicture(library: IconLibrary, random: Random): PicturePlan {
  const kind = pickKind(random);
  const makers: Record<PictureKind, () => Omit<PicturePlan, 'kind'>> = {
    plain: () => planPlain(library, random),
    colour: () => planColour(library, random),
    background: () => planBackground(library, random),
    pair: () => planPair(library, random),
    scene: () => planScene(library, random),
    count: () => planCount(library, random),
    place: () => planPlace(library, random),
  };
  return { kind, ...makers[kind]() };
}

function pickKind(random: Random): PictureKind {
  let rest = random.next();
  for (const [kind, weight] of Object.entries(KIND_WEIGHTS)) {
    rest -= weight;
    if (rest < 0) return kind as PictureKind;
  }
  return 'plain';
}

const WHITE: Background = { kind: 'plain', rgb: [255, 255, 255] };

function place(icon: RenderedIcon, random: Random, spot: Partial<Placement> = {}): Placement {
  return {
    iconIndex: icon.index,
    centreX: 0.5 + random.between(-0.03, 0.03),
    centreY: 0.5 + random.between(-0.03, 0.03),
    side: random.between(0.76, 0.94),
    isMirrored: random.isTrue(0.5),
    recolour: { kind: 'none' },
    ...spot,
  };
}

/** The concept's own name most often, so that it is learnt first. */
function nameOf(icon: RenderedIcon, random: Random): string {
  const { label, synonyms } = icon.concept;
  return synonyms.length > 0 && random.isTrue(SYNONYM_SAID) ? random.pick(synonyms) : label;
}

/** "a cat", sometimes "a flat cat" or bare "cat". */
function phraseOf(icon: RenderedIcon, random: Random): string {
  const name = nameOf(icon, random);
  // Keywords are of every part of speech ("celebrate", "yum"), so they stand beside the name and not for it.
  const { tags } = icon.concept;
  if (tags.length > 0 && random.isTrue(TAG_SAID)) return `${name} ${random.pick(tags)}`;
  if (icon.styles.length > 0 && random.isTrue(STYLE_SAID)) {
    return `${random.pick(icon.styles)} ${name}`;
  }
  return random.isTrue(0.7) ? withArticle(name) : name;
}

function planPlain(library: IconLibrary, random: Random): Omit<PicturePlan, 'kind'> {
  const icon = library.pick(random);
  return {
    background: WHITE,
    placements: [place(icon, random)],
    caption: phraseOf(icon, random),
  };
}

function planColour(library: IconLibrary, random: Random): Omit<PicturePlan, 'kind'> {
  const icon = library.pick(random);
  const { colour, recolour } = chooseRecolour(icon, random);
  return {
    background: WHITE,
    placements: [place(icon, random, { recolour })],
    caption: withArticle(`${colour} ${nameOf(icon, random)}`),
  };
}

/** Turning keeps an icon's accents but needs one ruling hue; a tint colours anything, all of it. */
function chooseRecolour(
  icon: RenderedIcon,
  random: Random,
): { colour: ColourName; recolour: Recolour } {
  if (icon.hue.share >= HUE_SHARE_MIN && random.isTrue(0.6)) {
    const colour = random.pick(HUE_NAMES);
    return { colour, recolour: { kind: 'turn', degrees: COLOURS[colour].hue - icon.hue.hue } };
  }
  const colour = random.pick(COLOUR_NAMES);
  return { colour, recolour: { kind: 'tint', colour } };
}

function planBackground(library: IconLibrary, random: Random): Omit<PicturePlan, 'kind'> {
  const icon = library.pick(random);
  const name = random.pick(COLOUR_NAMES);
  const where = random.pick([`on a ${name} background`, `on ${name}`, `${name} background`]);
  return {
    background: { kind: 'plain', rgb: chooseBackgroundColour(name, random) },
    placements: [place(icon, random, { side: random.between(0.62, 0.86) })],
    caption: `${phraseOf(icon, random)} ${where}`,
  };
}

function planScene(library: IconLibrary, random: Random): Omit<PicturePlan, 'kind'> {
  const icon = library.pick(random);
  const scene = random.pick(SCENE_NAMES);
  return {
    background: { kind: 'scene', scene, seed: random.whole(0, 2 ** 31) },
    placements: [
      place(icon, random, { side: random.between(0.5, 0.78), centreY: random.between(0.5, 0.6) }),
    ],
    caption: `${phraseOf(icon, random)} ${random.pick(SCENES[scene].phrases)}`,
  };
}

function planCount(library: IconLibrary, random: Random): Omit<PicturePlan, 'kind'> {
  const icon = library.pick(random);
  const count = random.whole(2, 4);
  const spots: Record<number, readonly (readonly [number, number])[]> = {
    2: [
      [0.27, 0.5],
      [0.73, 0.5],
    ],
    3: [
      [0.5, 0.27],
      [0.26, 0.72],
      [0.74, 0.72],
    ],
    4: [
      [0.27, 0.27],
      [0.73, 0.27],
      [0.27, 0.73],
      [0.73, 0.73],
    ],
  };
  const isMirrored = random.isTrue(0.5);
  const placements = (spots[count] ?? []).map(([centreX, centreY]) =>
    place(icon, random, { centreX, centreY, side: 0.42, isMirrored }),
  );
  const phrases = countPhrases(count, icon.concept.label);
  return { background: WHITE, placements, caption: random.pick(phrases) };
}

function planPair(library: IconLibrary, random: Random): Omit<PicturePlan, 'kind'> {
  const first = library.pick(random);
  const second = library.pick(random, first.concept);
  const isBeside = random.isTrue(0.7);
  const spots = isBeside
    ? [
        { centreX: 0.27, centreY: 0.52 },
        { centreX: 0.73, centreY: 0.52 },
      ]
    : [
        { centreX: 0.5, centreY: 0.26 },
        { centreX: 0.5, centreY: 0.74 },
      ];
  const join = isBeside
    ? random.pick(['and', 'next to', 'beside'])
    : random.pick(['above', 'on top of', 'over']);
  const names = [first, second].map((icon) => withArticle(nameOf(icon, random)));
  return {
    background: WHITE,
    placements: [first, second].map((icon, at) =>
      place(icon, random, { ...spots[at], side: 0.46 }),
    ),
    caption: `${names[0]} ${join} ${names[1]}`,
  };
}

function planPlace(library: IconLibrary, random: Random): Omit<PicturePlan, 'kind'> {
  const icon = library.pick(random);
  const name = nameOf(icon, random);
  const [caption, spot] = random.pick([
    [`a small ${name}`, { side: 0.4 }],
    [`a tiny ${name}`, { side: 0.28 }],
    [`a big ${name}`, { side: 0.98, centreX: 0.5, centreY: 0.5 }],
    [`${withArticle(name)} on the left`, { side: 0.48, centreX: 0.26 }],
    [`${withArticle(name)} on the right`, { side: 0.48, centreX: 0.74 }],
    [`${withArticle(name)} at the top`, { side: 0.48, centreY: 0.26 }],
    [`${withArticle(name)} at the bottom`, { side: 0.48, centreY: 0.74 }],
  ] as const);
  return { background: WHITE, placements: [place(icon, random, spot)], caption };
}

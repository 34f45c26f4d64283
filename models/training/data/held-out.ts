/** What the model never sees: whole concepts for a zero-shot test, and single icons of seen concepts. */
import { createHash } from 'node:crypto';

/** Of each group a few whose parts and neighbours are seen: a leopard is drawn from tigers and cats, or not at all. */
export const HELD_OUT_CONCEPTS: ReadonlySet<string> = new Set([
  'leopard',
  'donkey',
  'goat',
  'hedgehog',
  'otter',
  'swan',
  'goose',
  'parrot',
  'lizard',
  'dolphin',
  'squid',
  'beetle',
  'hibiscus',
  'cactus',
  'mango',
  'peach',
  'lime',
  'eggplant',
  'onion',
  'bagel',
  'burrito',
  'pie',
  'cupcake',
  'tumbler glass',
  'hotel',
  'school',
  'tram',
  'taxi',
  'tractor',
  'ferry',
  'helicopter',
  'volcano',
  'snowman without snow',
  'volleyball',
  'yo yo',
  'sled',
  'scarf',
  'womans boot',
  'banjo',
  'trombone',
  'radio',
  'laptop',
  'candle',
  'wrench',
  'axe',
  'bathtub',
  'crayon',
]);

/** One icon in twenty of the concepts that are seen. */
const HELD_OUT_ICONS = 1 / 20;

/** Decided by its name alone, so that a new icon never changes another's side. */
export function isHeldOutIcon(setId: string, name: string): boolean {
  const digest = createHash('sha256').update(`${setId}/${name}`).digest();
  return digest.readUInt32BE(0) / 2 ** 32 < HELD_OUT_ICONS;
}

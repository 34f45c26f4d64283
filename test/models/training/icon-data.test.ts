/** The data of the icon model: captions say what the pictures show, and the same seed makes the same picture. */
import * as fc from 'fast-check';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { countPhrases, toPlural, withArticle } from '../../../models/training/data/captions.ts';
import {
  COLOURS,
  HUE_NAMES,
  summariseHue,
  tint,
  toRgb,
  turnHue,
} from '../../../models/training/data/colours.ts';
import { createNameIndex, readConcepts, toWords } from '../../../models/training/data/concepts.ts';
import type { Concept } from '../../../models/training/data/concepts.ts';
import { HELD_OUT_CONCEPTS } from '../../../models/training/data/held-out.ts';
import { createIconLibrary } from '../../../models/training/data/icon-library.ts';
import type { RenderedIcon } from '../../../models/training/data/icon-library.ts';
import {
  ICON_SETS,
  PACKAGES_FOLDER,
  readLicence,
} from '../../../models/training/data/icon-sets.ts';
import { makeDataSet } from '../../../models/training/data/main.ts';
import { ICON_BYTES, paintPicture, SIDE_PX } from '../../../models/training/data/paint-picture.ts';
import { planPicture } from '../../../models/training/data/picture-plan.ts';
import { createRandom } from '../../../models/training/data/random.ts';
import { SYNONYMS } from '../../../models/training/data/synonyms.ts';
import { makeTemporaryFolder } from '../../fakes/temporary-folder.ts';

const hasPackages = existsSync(join(PACKAGES_FOLDER, 'emojibase-data'));
const why = hasPackages ? '' : ' (left out: the data packages are not installed)';

const concept = (label: string): Concept => ({
  label,
  codePoints: '',
  group: 'objects',
  synonyms: [],
  tags: [],
});

/** Icons of one colour each, opaque in a square of half the side. */
function makeIcons(labels: readonly string[]): { icons: RenderedIcon[]; pixels: Uint8Array[] } {
  const pixels = labels.map((_, at) => squareOf(toRgb((at * 90) % 360, 0.9, 0.5)));
  const icons = labels.map((label, index) => ({
    index,
    setId: 'test',
    name: label,
    concept: concept(label),
    styles: [],
    hue: summariseHue(pixels[index] ?? new Uint8Array()),
  }));
  return { icons, pixels };
}

function squareOf(rgb: readonly number[]): Uint8Array {
  const rgba = new Uint8Array(ICON_BYTES);
  for (let y = SIDE_PX / 4; y < (SIDE_PX * 3) / 4; y++) {
    for (let x = SIDE_PX / 4; x < (SIDE_PX * 3) / 4; x++) {
      rgba.set([...rgb, 255], (y * SIDE_PX + x) * 4);
    }
  }
  return rgba;
}

test('articles and plurals are English', () => {
  expect(
    ['owl', 'cat', 'unicorn', 'umbrella', 'grapes', 'bus', 'glass of milk'].map(withArticle),
  ).toEqual(['an owl', 'a cat', 'a unicorn', 'an umbrella', 'grapes', 'a bus', 'a glass of milk']);
  expect(
    ['cat', 'bus', 'cherry', 'mouse', 'glass of milk', 'scissors', 'fish'].map(toPlural),
  ).toEqual(['cats', 'buses', 'cherries', 'mice', 'glasses of milk', 'scissors', 'fish']);
  expect(countPhrases(3, 'red apple')).toEqual(['three red apples', '3 red apples']);
});

test('an icon whose hue is turned to a colour has that colour', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 359 }), fc.constantFrom(...HUE_NAMES), (hue, name) => {
      const icon = squareOf(toRgb(hue, 0.8, 0.5));
      const turned = turnHue(icon, COLOURS[name].hue - summariseHue(icon).hue);
      const distance = Math.abs(summariseHue(turned).hue - COLOURS[name].hue);
      // Hues are counted in bins of 10 degrees.
      expect(Math.min(distance, 360 - distance)).toBeLessThanOrEqual(10);
    }),
    { numRuns: 20 },
  );
});

test('a tint reaches even what has no hue, and leaves the background free', () => {
  const grey = squareOf([128, 128, 128]);
  expect(summariseHue(grey).share).toBe(0);
  const purple = tint(grey, 'purple');
  expect(summariseHue(purple)).toMatchObject({ hue: 275, share: 1 });
  expect(purple[3]).toBe(0);
});

test('the same number makes the same picture and caption', () => {
  const { icons, pixels } = makeIcons(['cat', 'dog', 'owl']);
  const library = createIconLibrary(icons);
  const draw = (seed: number) => {
    const plan = planPicture(library, createRandom(seed));
    return { plan, picture: paintPicture(plan, (index) => pixels[index] ?? new Uint8Array()) };
  };
  for (let seed = 0; seed < 40; seed++) expect(draw(seed)).toEqual(draw(seed));
});

test('captions name what is there: as many things as they count, and both of a pair', () => {
  const { icons } = makeIcons(['cat', 'dog', 'owl']);
  const library = createIconLibrary(icons);
  const counts: Record<string, number> = { two: 2, three: 3, four: 4, 2: 2, 3: 3, 4: 4 };
  const seen = new Set<string>();
  for (let seed = 0; seed < 500; seed++) {
    const { kind, caption, placements } = planPicture(library, createRandom(seed));
    seen.add(kind);
    expect(caption).toMatch(/^[a-z0-9]+(?: [a-z0-9]+)*$/);
    const labels = new Set(
      placements.map(({ iconIndex }) => icons[iconIndex]?.concept.label ?? ''),
    );
    for (const label of labels) expect(caption).toContain(label);
    const expected = kind === 'pair' ? 2 : (counts[caption.split(' ')[0] ?? ''] ?? 1);
    expect(placements).toHaveLength(expected);
    expect(labels.size).toBe(kind === 'pair' ? 2 : 1);
  }
  expect([...seen].sort()).toEqual([
    'background',
    'colour',
    'count',
    'pair',
    'place',
    'plain',
    'scene',
  ]);
});

test('words are spelt in the tokenizer’s alphabet', () => {
  expect(['Piñata', 'T-Rex', 'woman’s hat'].map(toWords)).toEqual([
    'pinata',
    't rex',
    'womans hat',
  ]);
});

test.skipIf(!hasPackages)(`every hand-written name belongs to a concept${why}`, () => {
  const labels = new Set(readConcepts().map(({ label }) => label));
  expect(Object.keys(SYNONYMS).filter((label) => !labels.has(label))).toEqual([]);
  expect([...HELD_OUT_CONCEPTS].filter((label) => !labels.has(label))).toEqual([]);
  const names = Object.values(SYNONYMS).flat();
  const isTaken = (name: string, at: number) => names.indexOf(name) !== at || labels.has(name);
  expect(names.filter(isTaken)).toEqual([]);
});

test.skipIf(!hasPackages)(`icons find their concept however their set spells it${why}`, () => {
  const find = createNameIndex(readConcepts());
  const names = [
    'soccer-ball',
    'bouquet',
    'fireengine',
    'princess-2',
    'airplane-flat',
    'puppy',
    'github',
  ];
  expect(names.map((name) => find(name)?.label)).toEqual([
    'soccer ball',
    'bouquet',
    'fire engine',
    undefined,
    'airplane',
    'dog',
    undefined,
  ]);
});

test.skipIf(!hasPackages)(`every set’s own package allows its use${why}`, () => {
  const licences = ICON_SETS.map((set) => readLicence(set).licence);
  expect(new Set(licences)).toEqual(new Set(['MIT', 'Apache-2.0', 'CC-BY-4.0']));
});

test.skipIf(!hasPackages)(`a small data set is made twice with the same bytes${why}`, async () => {
  const folders = [makeTemporaryFolder(), makeTemporaryFolder()] as const;
  for (const folder of folders) {
    await makeDataSet({ count: 20, folder, setIds: ['stickies', 'flat-color'] });
  }
  for (const file of [
    'icons.rgba',
    'icons.json',
    'pictures.rgb',
    'captions.jsonl',
    'DATA_CARD.md',
  ]) {
    const [first, second] = folders.map((folder) => readFileSync(join(folder, file)));
    expect(first?.equals(second ?? Buffer.alloc(0))).toBe(true);
  }
  expect(readFileSync(join(folders[0], 'pictures.rgb'))).toHaveLength(20 * SIDE_PX * SIDE_PX * 3);
});

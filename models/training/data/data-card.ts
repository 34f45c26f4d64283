/** The data set described for people: what is in it, how much of each, and whose it is. */
import type { Concept } from './concepts.ts';
import { HELD_OUT_CONCEPTS } from './held-out.ts';
import type { IconSet, SetLicence } from './icon-sets.ts';
import type { IconFiles } from './make-icons.ts';
import type { PictureCounts } from './make-pictures.ts';

export interface DataSet {
  sets: readonly (IconSet & { licence: SetLicence })[];
  concepts: readonly Concept[];
  files: IconFiles;
  pictures: PictureCounts;
}

const number = new Intl.NumberFormat('en');

/** Markdown. */
export function writeDataCard({ sets, concepts, files, pictures }: DataSet): string {
  const { icons, refused } = files;
  const inTraining = icons.filter(({ split }) => split === 'train');
  const seen = new Set(inTraining.map(({ concept }) => concept.label));
  const count = (setId: string, isUsed: (split: string) => boolean) =>
    number.format(icons.filter((icon) => icon.setId === setId && isUsed(icon.split)).length);
  const synonyms = concepts.reduce((sum, concept) => sum + concept.synonyms.length, 0);
  return [
    '# Data of the icon model',
    '',
    'Written by `models/training/data/main.ts`; the same packages give the same bytes.',
    '',
    `${number.format(icons.length)} icons of ${number.format(new Set(icons.map((icon) => icon.concept.label)).size)} concepts; ` +
      `${number.format(inTraining.length)} icons of ${number.format(seen.size)} concepts are trained on. ` +
      `${number.format(refused.length)} could not be drawn. ${number.format(synonyms)} hand-written synonyms.`,
    '',
    '| set | package | licence | holder | icons | trained on |',
    '| --- | --- | --- | --- | --- | --- |',
    ...sets.map(
      ({ id, licence }) =>
        `| ${id} | ${licence.packageName} ${licence.version} | ${licence.licence} | ${licence.author} | ` +
        `${count(id, () => true)} | ${count(id, (split) => split === 'train')} |`,
    ),
    '',
    'Left out: share-alike sets, flags, people, brands, letters, clock faces, skin tones.',
    '',
    `## Pictures`,
    '',
    `${number.format(pictures.total)} pictures of 128×128, concepts equally often; captions of ${pictures.meanWords.toFixed(1)} words on average.`,
    '',
    '| kind | pictures |',
    '| --- | --- |',
    ...Object.entries(pictures.byKind).map(
      ([kind, total]) => `| ${kind} | ${number.format(total)} |`,
    ),
    '',
    '## Never seen in training',
    '',
    `Whole concepts, for a zero-shot test: ${[...HELD_OUT_CONCEPTS].sort().join(', ')}. One icon in twenty of all other concepts.`,
    '',
  ].join('\n');
}

/** A text without its disguises: accents, look-alike letters of other alphabets, digits for letters, spaced letters. */

/** Letters of other alphabets that look like Latin ones (the common part of Unicode's confusables list). */
const LOOK_ALIKES: Readonly<Record<string, string>> = Object.fromEntries(
  [
    ['аɑα', 'a'],
    ['вβ', 'b'],
    ['сϲ', 'c'],
    ['ԁ', 'd'],
    ['еєε', 'e'],
    ['ɡ', 'g'],
    ['һн', 'h'],
    ['іιıӏ', 'i'],
    ['ј', 'j'],
    ['кκ', 'k'],
    ['мμ', 'm'],
    ['ոη', 'n'],
    ['оοσօ', 'o'],
    ['рρ', 'p'],
    ['ѕ', 's'],
    ['тτ', 't'],
    ['υս', 'u'],
    ['ѵν', 'v'],
    ['ѡω', 'w'],
    ['хχ', 'x'],
    ['уγ', 'y'],
  ].flatMap(([from = '', to = '']) => Array.from(from, (letter) => [letter, to])),
);
const DIGITS_FOR_LETTERS: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'i',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '@': 'a',
  $: 's',
  '!': 'i',
};
const INVISIBLE = /[\p{Cf}\p{Mn}\p{Me}]/gu;

/** Lower case Latin words and digits with single spaces between them. */
export function plainTextWithDigits(text: string): string {
  return toLatin(text)
    .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

/** The same with digits and signs inside a word read as the letters they stand for (`n4ked`). */
export function plainText(text: string): string {
  return toLatin(text)
    .replaceAll(/[\p{L}\p{N}@$!]*\p{L}[\p{L}\p{N}@$!]*/gu, (word) =>
      word.replaceAll(/[013457@$!]/g, (sign) => DIGITS_FOR_LETTERS[sign] ?? sign),
    )
    .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

/** All readings that are worth looking at: as written, digits as letters, and with spaced letters (`n u d e`) joined. */
export function spellings(text: string): string[] {
  const plain = plainText(text);
  const joined = plain.replaceAll(/\b\p{L}(?: \p{L}\b)+/gu, (run) => run.replaceAll(' ', ''));
  return [...new Set([plainTextWithDigits(text), plain, joined])];
}

function toLatin(text: string): string {
  return text
    .normalize('NFKD')
    .replaceAll(INVISIBLE, '')
    .toLowerCase()
    .replaceAll(/\P{ASCII}/gu, (letter) => LOOK_ALIKES[letter] ?? letter);
}

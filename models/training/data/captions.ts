/** English enough for captions: articles, plurals, counts, places. */

const IRREGULAR_PLURALS: Readonly<Record<string, string>> = {
  mouse: 'mice',
  goose: 'geese',
  ox: 'oxen',
  wolf: 'wolves',
  knife: 'knives',
  fish: 'fish',
  sheep: 'sheep',
  deer: 'deer',
  bison: 'bison',
  leaf: 'leaves',
  cactus: 'cacti',
  foot: 'feet',
  tooth: 'teeth',
};

/** The last word of a name is the thing; before "with", "of" and "in" it stands earlier. */
const TAIL = /^(.+?)( (?:with|of|in|on|behind|without) .+)$/;

export function toPlural(name: string): string {
  const [, head = name, tail = ''] = TAIL.exec(name) ?? [];
  const space = head.lastIndexOf(' ');
  const last = head.slice(space + 1);
  const plural = IRREGULAR_PLURALS[last] ?? regularPlural(last);
  return `${head.slice(0, space + 1)}${plural}${tail}`;
}

function regularPlural(word: string): string {
  if (isPlural(word)) return word;
  if (/(?:s|x|z|ch|sh)$/.test(word)) return `${word}es`;
  if (/[^aeiou]y$/.test(word)) return `${word.slice(0, -1)}ies`;
  return `${word}s`;
}

/** Names such as "grapes" and "scissors" are plural already; "glass" and "bus" are not. */
function isPlural(name: string): boolean {
  const [, head = name] = TAIL.exec(name) ?? [];
  return /[^su]s$/.test(head) && !/(?:lens|iris|compass|tennis|grass)$/.test(head);
}

/** "a cat", "an owl", "grapes". */
export function withArticle(name: string): string {
  if (isPlural(name)) return name;
  return /^(?:[aeio]|u(?!ni|ti|fo))/.test(name) ? `an ${name}` : `a ${name}`;
}

const COUNT_WORDS = ['', 'one', 'two', 'three', 'four'] as const;

/** "three cats"; digits half the time would be as right, so both are offered. */
export function countPhrases(count: number, name: string): string[] {
  const plural = toPlural(name);
  return [`${COUNT_WORDS[count] ?? count} ${plural}`, `${count} ${plural}`];
}

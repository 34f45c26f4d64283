/** Offers while a person types a command: flags after a dash, values after a flag. */
import type { ModelDescription } from '#contract/model-description.ts';
import type { Flag } from './flag.ts';
import { findFlag, FLAGS } from './flags.ts';
import type { Completion } from './service.ts';

const DASHES = /^[-–—―‒−]+/;
/** As many as a list on a phone shows without scrolling twice; Discord allows 25. */
const OFFERS_MAX = 25;

/** What a person could choose for the flag now. */
function listChoices(flag: Flag, models: readonly ModelDescription[]): readonly string[] {
  switch (flag.choices.kind) {
    case 'fixed':
      return flag.choices.values;
    case 'models':
      return models.filter((model) => model.problem === undefined).map((model) => model.id);
    case 'styles':
      return [...new Set(models.flatMap((model) => model.styles))];
  }
}

/**
 * What fits at the cursor of the text after `/imagine `. Nothing is offered inside the prompt's own words.
 * Each offer replaces the text from its `from` to the cursor.
 */
export function completeCommand(
  text: string,
  cursor: number,
  models: readonly ModelDescription[],
): Completion[] {
  const before = text.slice(0, Math.max(0, cursor));
  const word = /\S*$/.exec(before)?.[0] ?? '';
  const from = before.length - word.length;
  const joined = /^(.*?)[=:](.*)$/s.exec(word);
  const isFlagWord = DASHES.test(word);
  const [, joinedName, joinedValue = ''] = joined ?? [];
  if (isFlagWord && joinedName !== undefined) {
    return offerValues(joinedName, joinedValue, before.length - joinedValue.length, models);
  }
  if (isFlagWord) return offerFlags(word, from, text);
  const previous = /(\S+)\s+$/.exec(before.slice(0, from))?.[1] ?? '';
  return DASHES.test(previous) ? offerValues(previous, word, from, models) : [];
}

function offerFlags(word: string, from: number, text: string): Completion[] {
  const typed = word.replace(DASHES, '').toLowerCase();
  const used = new Set(
    [...text.matchAll(/(?:^|\s)[-–—―‒−]+([A-Za-z][\w-]*)(?=[\s=:])/g)].map(
      ([, name]) => findFlag((name ?? '').toLowerCase())?.name,
    ),
  );
  return FLAGS.filter((flag) => flag.isRepeatable || !used.has(flag.name))
    .filter((flag) => [flag.name, ...flag.aliases].some((name) => name.startsWith(typed)))
    .map((flag) => ({
      label: `--${flag.name}`,
      description: `${flag.description}, such as ${flag.example}`,
      insertText: `--${flag.name} `,
      from,
    }));
}

function offerValues(
  flagWord: string,
  typed: string,
  from: number,
  models: readonly ModelDescription[],
): Completion[] {
  const flag = findFlag(flagWord.replace(DASHES, '').toLowerCase());
  if (flag === undefined) return [];
  const describe = new Map(models.map((model) => [model.id, model.name]));
  return listChoices(flag, models)
    .filter((value) => value.toLowerCase().startsWith(typed.toLowerCase()))
    .slice(0, OFFERS_MAX)
    .map((value) => ({
      label: value,
      description: describe.get(value) ?? flag.description,
      insertText: `${value} `,
      from,
    }));
}

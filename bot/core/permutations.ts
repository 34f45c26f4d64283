/** `a {red, green} apple` stands for two commands: every choice between braces with every other. */
import { CommandError } from './command-error.ts';
import { formatNumber } from './format-number.ts';

/** As many as one command may stand for; Midjourney's largest plan has the same. */
export const PERMUTATIONS_MAX = 40;

/** A group of choices: braces around at least one comma. A backslash keeps a brace or comma as it is. */
const GROUP = /(?<!\\)\{((?:[^{}\\]|\\.)*?(?<!\\),(?:[^{}\\]|\\.)*)(?<!\\)\}/;
const ESCAPED_BRACE = /\\([{}])/g;
const ESCAPED = /\\([{},])/g;

/** All texts that the command stands for, in the order of writing; the text alone when it holds no choice. */
export function expandPermutations(text: string): string[] {
  if (!GROUP.test(text)) return [text.replaceAll(ESCAPED_BRACE, '$1')];
  let texts = [text];
  while (texts.some((candidate) => GROUP.test(candidate))) {
    texts = texts.flatMap(expandFirst);
    if (texts.length > PERMUTATIONS_MAX) {
      throw new CommandError(
        `The choices in braces make more than ${formatNumber(PERMUTATIONS_MAX)} commands; leave some of them out.`,
      );
    }
  }
  return texts.map((candidate) => candidate.replaceAll(ESCAPED, '$1'));
}

/** The text so that it is read back as it is: braces that would be a choice get a backslash. */
export function escapeChoices(text: string): string {
  return GROUP.test(text) ? text.replaceAll(/[{}]/g, '\\$&') : text;
}

/** The innermost group that comes first, so that groups may stand in groups. */
function expandFirst(text: string): string[] {
  const match = GROUP.exec(text);
  if (match === null) return [text];
  const before = text.slice(0, match.index);
  const after = text.slice(match.index + match[0].length);
  const choices = (match[1] ?? '').split(/(?<!\\),/);
  return choices.map((choice) => before + choice.trim() + after);
}

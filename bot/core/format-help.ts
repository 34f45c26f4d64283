/** The help text, made from the table of flags. */
import { LIMITS } from '#contract/limits.ts';
import type { Flag } from './flag.ts';
import { FLAGS } from './flags.ts';
import { formatNumber } from './format-number.ts';

/** Plain text: a few sentences, then one line per flag. */
export function formatHelp(): string {
  return [
    'Type /imagine and what to draw, such as: /imagine a red apple --seed 7',
    `A prompt may have up to ${formatNumber(LIMITS.promptCharacters)} characters. Flags may stand anywhere; quotes protect words that look like flags.`,
    '',
    ...FLAGS.map((flag) => formatFlag(flag)),
  ].join('\n');
}

function formatFlag({ name, valueHint, description, aliases, example }: Flag): string {
  const also =
    aliases.length === 0 ? '' : ` Also ${aliases.map((alias) => `--${alias}`).join(', ')}.`;
  const hint = valueHint === '' ? '' : ` <${valueHint}>`;
  return `--${name}${hint}  ${description}, such as ${example}.${also}`;
}

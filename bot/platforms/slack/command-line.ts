/** Which of the bot's commands a text means: Slack knows two slash commands and mentions, the bot knows more. */
import { COMMAND_NAMES, type CommandName } from '../../core/command-names.ts';

export interface CommandLine {
  name: CommandName;
  text: string;
}

/** `/imagine-bot queue`; without a known name it is a request for help. */
export function readBotCommand(text: string): CommandLine {
  const [, word = '', rest = ''] = /^\s*\/?(\S*)\s*([\s\S]*)$/.exec(text) ?? [];
  const name = COMMAND_NAMES.find((known) => known === word.toLowerCase());
  return name === undefined ? { name: 'help', text: '' } : { name, text: rest };
}

/** `/imagine a red apple`, and `/imagine help` for those who look for it there. */
export function readImagineCommand(text: string): CommandLine {
  return /^\s*help\s*$/i.test(text) ? { name: 'help', text: '' } : { name: 'imagine', text };
}

/** What was said to the bot: a command alone (`queue`, `show k7m2q9/2`), or else what to draw. */
export function readMention(text: string): CommandLine {
  const words = text.replace(/^\s*\/?imagine(?:\s+|$)/i, '');
  const line = readBotCommand(words);
  const isShow = line.name === 'show' && /^\S+$/.test(line.text);
  const isAlone = line.text.trim() === '' && words.trim() !== '';
  const isNamed = new RegExp(`^\\s*/?${line.name}\\b`, 'i').test(words);
  if (words.trim() === '') return { name: 'help', text: '' };
  return isNamed && line.name !== 'imagine' && (isShow || isAlone)
    ? line
    : { name: 'imagine', text: words };
}

// @ts-check
/** Commands as text: whole, and as they look in the channel. */
import { element } from './dom.js';

/** Longer command lines are folded until they are asked for. */
const FOLD_ABOVE_CHARACTERS = 280;

/**
 * The command as it can be typed: the bot keeps it without its name.
 *
 * @param {string} command
 */
export const toFullCommand = (command) =>
  /^\s*\//.test(command) ? command.trim() : `/imagine ${command.trim()}`;

/** What stands between quotes is no flag. */
const FLAG_START = /\s+(?=--[a-z])(?=(?:[^"]*"[^"]*")*[^"]*$)/i;

/**
 * The words of a command and its flags, each with its value.
 *
 * @param {string} command
 */
export function splitCommand(command) {
  const [words = '', ...flags] = ` ${command.trim()}`.split(FLAG_START);
  return { words: words.trim(), flags };
}

/**
 * Words as a person typed them, with the flags that they did not type themselves.
 *
 * @param {string} words
 * @param {readonly string[]} flags such as `--image abc/1`
 */
export function addFlags(words, flags) {
  const typed = Array.from(words.matchAll(/(?:^|\s)[-–—]{1,2}([a-z][\w-]*)/gi), ([, name]) =>
    name?.toLowerCase(),
  );
  const missing = flags.filter((flag) => !typed.includes(/^--([\w-]+)/.exec(flag)?.[1]));
  return [words.trim(), ...missing].join(' ');
}

/**
 * A sentence whose flags are not broken at the end of a line.
 *
 * @param {string} sentence
 */
export const keepFlagsWhole = (sentence) =>
  sentence
    .split(/(--[A-Za-z][\w-]*)/)
    .map((part) => (part.startsWith('--') ? element('span', { class: 'flag' }, part) : part));

/**
 * The command with its name and its flags set apart.
 *
 * @param {string} command
 */
function createCommandText(command) {
  const text = element('span', { class: 'command-text' });
  for (const part of toFullCommand(command).split(/((?:^\/\w+)|(?<=\s)--[A-Za-z][\w-]*)/)) {
    if (part === '') continue;
    if (part.startsWith('/')) text.append(element('span', { class: 'command-name' }, part));
    else if (part.startsWith('--')) text.append(element('span', { class: 'command-flag' }, part));
    else text.append(part);
  }
  return text;
}

/** @param {string} command */
export function createCommandLine(command) {
  const text = createCommandText(command);
  const line = element('div', { class: 'command', 'data-testid': 'command' }, text);
  if (command.length <= FOLD_ABOVE_CHARACTERS) return line;
  text.classList.add('is-folded');
  const more = element(
    'button',
    { type: 'button', class: 'text-button', 'aria-expanded': 'false' },
    'Show all',
  );
  more.addEventListener('click', () => {
    const isFolded = text.classList.toggle('is-folded');
    more.textContent = isFolded ? 'Show all' : 'Show less';
    more.setAttribute('aria-expanded', String(!isFolded));
  });
  line.append(more);
  return line;
}

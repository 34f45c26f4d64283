/**
 * The terminal's own words around the command language: where files go and how to answer.
 * Everything else is left to the one parser that all fronts share.
 */

export interface TerminalOptions {
  /** The text after `/imagine `, as a chat would send it. */
  commandText: string;
  /** File, or folder ending in `/`; several pictures get `-1`, `-2`, … before the ending. */
  outPath: string | undefined;
  /** A picture whose recipe is drawn again. */
  recipePath: string | undefined;
  /** A file to start from; an id of a picture means nothing here, where none is kept. */
  imagePath: string | undefined;
  /** White is drawn anew. */
  maskPath: string | undefined;
  isJson: boolean;
  isQuiet: boolean;
  isHelp: boolean;
  preview: 'auto' | 'off' | 'blocks' | 'iterm' | 'kitty';
}

export type ParsedArguments =
  | { kind: 'options'; options: TerminalOptions }
  | { kind: 'refused'; message: string };

const PREVIEW_MODES = ['auto', 'off', 'blocks', 'iterm', 'kitty'] as const;

/** Flags of the terminal that take a value, by every spelling. */
const VALUE_FLAGS: Readonly<Record<string, 'out' | 'recipe' | 'preview' | 'image' | 'mask'>> = {
  '--out': 'out',
  '-o': 'out',
  '--recipe': 'recipe',
  '--image': 'image',
  '--mask': 'mask',
  '--preview': 'preview',
};

/** Splits `--flag=value` so that both spellings take one way from here on. */
function splitAssignments(argument: string): string[] {
  const match = /^(--[a-z-]+)=(.*)$/s.exec(argument);
  return match === null ? [argument] : [match[1] ?? '', match[2] ?? ''];
}

/**
 * The shell has already taken the quotes off. An argument with blanks after a flag was quoted there and is one value;
 * any other argument with blanks is a prompt that may hold flags of its own, as in a chat.
 */
function toCommandText(words: readonly string[]): string {
  return words
    .map((word, index) => {
      const isValue =
        /^--?[a-z]/i.test(words[index - 1] ?? '') && !/\s/.test(words[index - 1] ?? '');
      return isValue && /\s/.test(word) ? `"${word.replaceAll('"', '\\"')}"` : word;
    })
    .join(' ');
}

/** `0.1,0.2,0.5,0.9` or `4x4:5,6`; everything else after --mask is a file. */
const isMaskText = (value: string): boolean => /^[\d.]+(,[\d.]+){3}$|^\d+x\d+:/.test(value);

function withValue(
  options: TerminalOptions,
  flag: string,
  value: string | undefined,
): string | undefined {
  if (value === undefined || value === '')
    return `${flag} needs a value, such as ${flag} apple.png.`;
  switch (VALUE_FLAGS[flag]) {
    case 'out':
      options.outPath = value;
      return undefined;
    case 'recipe':
      options.recipePath = value;
      return undefined;
    case 'image':
      options.imagePath = value;
      return undefined;
    case 'mask':
      options.maskPath = value;
      return undefined;
    case 'preview': {
      const mode = PREVIEW_MODES.find((candidate) => candidate === value);
      if (mode === undefined)
        return `--preview ${value} is unknown: use ${PREVIEW_MODES.join(', ')}.`;
      options.preview = mode;
      return undefined;
    }
    case undefined:
      return `${flag} is not a flag of the terminal.`;
  }
}

/** What was asked for on the command line; `argv` without the program's own name. */
export function parseArguments(argv: readonly string[]): ParsedArguments {
  const words: string[] = [];
  const options: TerminalOptions = {
    commandText: '',
    outPath: undefined,
    recipePath: undefined,
    imagePath: undefined,
    maskPath: undefined,
    isJson: false,
    isQuiet: false,
    isHelp: false,
    preview: 'auto',
  };
  const queue = argv.flatMap(splitAssignments);
  for (let argument = queue.shift(); argument !== undefined; argument = queue.shift()) {
    if (argument === '--json') options.isJson = true;
    else if (argument === '--quiet' || argument === '-q') options.isQuiet = true;
    else if (argument === '--help' || argument === '-h') options.isHelp = true;
    else if (VALUE_FLAGS[argument] === undefined) words.push(argument);
    else if (argument === '--mask' && isMaskText(queue[0] ?? '')) words.push(argument);
    else {
      const problem = withValue(options, argument, queue.shift());
      if (problem !== undefined) return { kind: 'refused', message: problem };
    }
  }
  return { kind: 'options', options: { ...options, commandText: toCommandText(words) } };
}

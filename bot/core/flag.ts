/** One flag of the command language: its shape, and the builders of the tables. */
import type { FlagValues } from './command-draft.ts';
import { readNumber, readWholeNumber } from './flag-values.ts';

/** Which words after the flag are its value; a quoted text is always exactly the value. */
type FlagExtent =
  /** None: the flag stands for itself. */
  | 'none'
  /** One word. */
  | 'word'
  /** As many words as make a sampler's name. */
  | 'sampler'
  /** All words up to the next flag. */
  | 'text';

/** What completion may offer for the value. Models and styles come from the image function. */
type FlagChoices =
  | { kind: 'fixed'; values: readonly string[] }
  | { kind: 'models' }
  | { kind: 'styles' };

export interface Flag {
  /** Without dashes. */
  name: string;
  aliases: readonly string[];
  /** What its value looks like, for help: `width:height`; empty for a flag without one. */
  valueHint: string;
  /** What it is for, without a full stop. */
  description: string;
  example: string;
  extent: FlagExtent;
  choices: FlagChoices;
  /** The typed range of a number, for platforms with typed options. */
  range?: { min: number; max: number; isWhole: boolean };
  /** Only `--no` may be given more than once: its lists are joined. */
  isRepeatable: boolean;
  /** The value as the draft keeps it. Throws a CommandError that names the value and the remedy. */
  read(value: string, written: string): FlagValues;
}

export function fixed(...values: string[]): FlagChoices {
  return { kind: 'fixed', values };
}

type FlagParts = Pick<Flag, 'name' | 'valueHint' | 'description' | 'example' | 'read'> &
  Partial<Flag>;

export function flag(parts: FlagParts): Flag {
  return { aliases: [], extent: 'word', choices: fixed(), isRepeatable: false, ...parts };
}

type NumberParts = Omit<FlagParts, 'read' | 'valueHint'> & {
  limits: { min: number; max: number };
  isWhole: boolean;
  toValues: (value: number) => FlagValues;
};

export function numberFlag({ limits, isWhole, toValues, ...parts }: NumberParts): Flag {
  const readValue = isWhole ? readWholeNumber : readNumber;
  return flag({
    ...parts,
    valueHint: `${limits.min}–${limits.max}`,
    range: { ...limits, isWhole },
    read: (value, written) => toValues(readValue(written, value, limits)),
  });
}

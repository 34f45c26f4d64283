/** A zod error as one sentence for a person: which field, what it was, and what it may be. */
import type * as z from 'zod';
import { LIMITS } from './limits.ts';

const SHOWN_CHARACTERS = 40;

type Issue = z.core.$ZodIssue;

/**
 * The sentence for the first thing that is wrong, such as `request.steps is 0; it must be from 1 to 1000.`
 * `input` is what was parsed: the issues themselves do not carry the values. `rootName` stands for the whole of it.
 */
export function describeIssue(error: z.ZodError, input: unknown, rootName = 'The input'): string {
  const [issue] = error.issues;
  if (issue === undefined) return 'The input is not valid.';
  const name = issue.path.length === 0 ? rootName : issue.path.map(String).join('.');
  if (issue.code === 'unrecognized_keys') {
    const keys = issue.keys.map((key) => showText(key)).join(', ');
    const isOne = issue.keys.length === 1;
    return isOne
      ? `${name} has the unknown field ${keys}; leave it out.`
      : `${name} has the unknown fields ${keys}; leave them out.`;
  }
  const value = readPath(input, issue.path);
  if (value === undefined) return `${name} is missing; ${describeRule(issue)}.`;
  return `${name} is ${showValue(value, issue)}; ${describeRule(issue)}.`;
}

function describeRule(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `it must be ${TYPE_NAMES[issue.expected] ?? `of the type ${issue.expected}`}`;
    case 'too_small':
    case 'too_big':
      return `it must ${issue.origin === 'string' ? 'have' : 'be'} ${describeRange(issue)}`;
    case 'not_multiple_of':
      return `it must be a multiple of ${issue.divisor}`;
    case 'invalid_value':
      return `it must be ${toChoice(issue.values.map(String))}`;
    case 'invalid_union':
      return 'options' in issue && Array.isArray(issue.options)
        ? `it must be ${toChoice(issue.options.map(String))}`
        : 'it has none of the accepted forms';
    case 'invalid_format':
      return FORMAT_RULES[issue.format] ?? toFormatRule(issue);
    case 'unrecognized_keys':
    case 'invalid_key':
    case 'invalid_element':
    case 'custom':
      return issue.message;
  }
}

const TYPE_NAMES: Partial<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'a JSON object',
  array: 'a list',
};

const FORMAT_RULES: Partial<Record<string, string>> = {
  base64: 'it must be base64 text',
  url: 'it must be a web address such as http://127.0.0.1:8090',
};

/** A schema may say its pattern in words; zod's own text begins with `Invalid`. */
function toFormatRule(issue: z.core.$ZodIssueInvalidStringFormat): string {
  return issue.message.startsWith('Invalid')
    ? `it must match ${issue.pattern ?? issue.format}`
    : issue.message;
}

/** Both ends where the limits table has a field of this name, otherwise the end that was passed. */
function describeRange(issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig): string {
  const bound = Number(issue.code === 'too_small' ? issue.minimum : issue.maximum);
  const character = bound === 1 ? 'character' : 'characters';
  const unit = issue.origin === 'string' ? ` ${character}` : '';
  const limits: Record<string, unknown> = LIMITS;
  const known = limits[String(issue.path.at(-1))];
  if (typeof known === 'object' && known !== null && 'min' in known && 'max' in known) {
    return `from ${String(known.min)} to ${String(known.max)}${unit}`;
  }
  const [open, closed] =
    issue.code === 'too_small' ? ['more than', 'at least'] : ['less than', 'at most'];
  return `${issue.inclusive === false ? open : closed} ${bound}${unit}`;
}

function toChoice(options: readonly string[]): string {
  const last = options.at(-1) ?? '';
  return options.length < 2 ? last : `${options.slice(0, -1).join(', ')} or ${last}`;
}

function readPath(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
}

function showValue(value: unknown, issue: Issue): string {
  if (typeof value === 'string') {
    if (value === '') return 'empty';
    const isAboutLength =
      (issue.code === 'too_big' || issue.code === 'too_small') && issue.origin === 'string';
    return isAboutLength ? `${value.length} characters long` : showText(value);
  }
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return `${value}`;
  return Array.isArray(value) ? 'a list' : 'an object';
}

function showText(text: string): string {
  const short = text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
  return JSON.stringify(short);
}

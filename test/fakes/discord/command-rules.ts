/** What may be registered as commands. Source: interactions/application-commands. */
import { ApplicationCommandOptionType, ApplicationCommandType } from 'discord-api-types/v10';
import { findSchemaProblem } from './schemas.ts';
import type { Json } from './world.ts';

const NAME = /^[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]{1,32}$/u;
const LIMITS = { slash: 100, menu: 15, options: 25, choices: 25, characters: 8_000 };

/** One sentence per broken rule. */
export function findCommandProblems(commands: readonly Json[]): string[] {
  const ofType = (type: number) =>
    commands.filter((command) => (command.type ?? ApplicationCommandType.ChatInput) === type);
  const slash = ofType(ApplicationCommandType.ChatInput);
  const problems = commands
    .map((command) => findSchemaProblem('command', command))
    .filter((problem) => problem !== undefined);
  if (slash.length > LIMITS.slash) problems.push('more than 100 slash commands');
  for (const type of [ApplicationCommandType.User, ApplicationCommandType.Message]) {
    if (ofType(type).length > LIMITS.menu) problems.push('more than 15 menu commands of a kind');
  }
  const names = commands.map((command) => `${command.type ?? 1}:${command.name}`);
  if (new Set(names).size < names.length) problems.push('a command name occurs twice');
  for (const command of slash) problems.push(...findSlashProblems(command));
  return problems;
}

function findSlashProblems(command: Json): string[] {
  const problems: string[] = [];
  const options: Json[] = command.options ?? [];
  const say = (text: string) => problems.push(`/${command.name}: ${text}`);
  if (countCharacters(command) > LIMITS.characters) say('more than 8000 characters in all');
  if (options.length > LIMITS.options) say('more than 25 options');
  let isOptionalSeen = false;
  for (const option of options) {
    if (option.required === true && isOptionalSeen) say('required options come first');
    isOptionalSeen ||= option.required !== true;
    if ((option.choices ?? []).length > LIMITS.choices) say(`${option.name} has too many choices`);
    if (option.autocomplete === true && option.choices !== undefined) {
      say(`${option.name} has choices and autocomplete`);
    }
  }
  for (const { name, description = '' } of [command, ...options]) {
    if (!NAME.test(name) || name !== name.toLowerCase()) say(`the name ${name} is not allowed`);
    if (description.length < 1 || description.length > 100) say(`description of ${name}`);
  }
  return problems;
}

function countCharacters({ name, description = '', options = [], choices = [] }: Json): number {
  const own = name.length + description.length;
  const chosen = choices.reduce(
    (sum: number, choice: Json) => sum + choice.name.length + String(choice.value).length,
    0,
  );
  return (
    own + chosen + options.reduce((sum: number, option: Json) => sum + countCharacters(option), 0)
  );
}

/** Why Discord's own client would not let a person send this, or undefined. */
export function findInputProblem(
  command: Json,
  options: Readonly<Record<string, string | number | boolean>>,
): string | undefined {
  const known: Json[] = command.options ?? [];
  for (const name of Object.keys(options)) {
    if (!known.some((option) => option.name === name)) return `there is no option ${name}`;
  }
  for (const option of known) {
    const value = options[option.name];
    if (value === undefined) {
      if (option.required === true) return `${option.name} is required`;
    } else if (!fits(option, value)) {
      return `${option.name} cannot be ${JSON.stringify(value)}`;
    }
  }
  return undefined;
}

function fits(option: Json, value: string | number | boolean): boolean {
  switch (option.type) {
    case ApplicationCommandOptionType.Integer:
    case ApplicationCommandOptionType.Number: {
      const isKind = option.type === ApplicationCommandOptionType.Number || Number.isInteger(value);
      const [min, max] = [option.min_value ?? -Infinity, option.max_value ?? Infinity];
      return typeof value === 'number' && isKind && value >= min && value <= max;
    }
    case ApplicationCommandOptionType.Boolean:
      return typeof value === 'boolean';
    case ApplicationCommandOptionType.String: {
      const choices: Json[] | undefined = option.choices;
      const isChoice = choices === undefined || choices.some((choice) => choice.value === value);
      return typeof value === 'string' && isChoice && value.length <= (option.max_length ?? 6_000);
    }
    default:
      return typeof value === 'string';
  }
}

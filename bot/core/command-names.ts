/** Every command there is, in one table: help, completion and registration on the platforms are made from it. */

export interface CommandDescription {
  name: CommandName;
  /** Without a full stop, up to 100 characters. */
  description: string;
  /** What may follow, for help: `<what to draw>`; empty when nothing does. */
  argument: string;
}

export const COMMAND_NAMES = [
  'imagine',
  'animate',
  'queue',
  'history',
  'show',
  'settings',
  'policy',
  'models',
  'help',
  'info',
] as const;
export type CommandName = (typeof COMMAND_NAMES)[number];

const DESCRIPTIONS: Readonly<Record<CommandName, Omit<CommandDescription, 'name'>>> = {
  imagine: { description: 'Draw pictures from words', argument: '<what to draw>' },
  animate: {
    description: 'A moving picture on the way from one prompt to another',
    argument: '"a cat" to "a dog"',
  },
  queue: { description: 'Your place in the queue and what is left of your quota', argument: '' },
  history: { description: 'Your latest pictures, with their ids', argument: '' },
  show: { description: 'A picture again, with its buttons', argument: '<picture id>' },
  settings: {
    description: 'Your own defaults, such as /settings --ar 3:2; /settings reset takes them back',
    argument: '[flags, or reset]',
  },
  policy: {
    description: 'What is allowed here, for administrators',
    argument: '[rule value, or reset]',
  },
  models: { description: 'The models there are', argument: '' },
  help: { description: 'All commands and flags', argument: '' },
  info: { description: 'What this bot is and how it is doing', argument: '' },
};

export const COMMANDS: readonly CommandDescription[] = COMMAND_NAMES.map((name) => ({
  name,
  ...DESCRIPTIONS[name],
}));

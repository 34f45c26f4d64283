/** The commands as Discord registers them, made from the core's tables of commands and flags. */
import {
  ApplicationCommandOptionType,
  ApplicationCommandType,
  ApplicationIntegrationType,
  InteractionContextType,
  PermissionFlagsBits,
} from 'discord-api-types/v10';
import { LIMITS } from '#contract/limits.ts';
import { COMMANDS, type CommandName } from '../../core/command-names.ts';
import { quoteText } from '../../core/command-tokens.ts';
import type { Flag } from '../../core/flag.ts';
import { findFlag } from '../../core/flags.ts';
import { DISCORD_LIMITS } from './limits.ts';
import type { CommandOption } from './parse.ts';

interface CommandOptionBody {
  type: number;
  name: string;
  description: string;
  required?: boolean;
  autocomplete?: boolean;
  min_value?: number;
  max_value?: number;
  max_length?: number;
  choices?: { name: string; value: string }[];
}

export interface CommandBody {
  type: number;
  name: string;
  description?: string;
  options?: CommandOptionBody[];
  integration_types: number[];
  contexts: number[];
  /** Discord's schema takes a number and gives back a text. */
  default_member_permissions?: number;
}

/** Names as people of Discord know them, and the flag each stands for. */
const FLAG_OPTIONS: readonly (readonly [option: string, flag: string])[] = [
  ['negative', 'no'],
  ['aspect', 'ar'],
  ['model', 'model'],
  ['style', 'style'],
  ['steps', 'steps'],
  ['guidance', 'cfg'],
  ['sampler', 'sampler'],
  ['seed', 'seed'],
  ['count', 'count'],
  ['strength', 'strength'],
  ['tile', 'tile'],
  ['repeat', 'repeat'],
];
/** What a person may set once for all commands. */
const SETTING_OPTIONS = new Set([
  'negative',
  'aspect',
  'model',
  'style',
  'steps',
  'guidance',
  'sampler',
  'count',
]);

export const MENU_NAMES = { vary: 'Vary', upscale: 'Upscale', recipe: 'Show recipe' } as const;
/** Commands of this platform alone: what a file is dropped into. */
export const PICTURE_COMMANDS = { upscale: 'upscale', variations: 'variations' } as const;

const EVERYWHERE = {
  integration_types: [
    ApplicationIntegrationType.GuildInstall,
    ApplicationIntegrationType.UserInstall,
  ],
  contexts: [
    InteractionContextType.Guild,
    InteractionContextType.BotDM,
    InteractionContextType.PrivateChannel,
  ],
};

const shorten = (text: string): string => text.slice(0, DISCORD_LIMITS.descriptionCharacters);
const text = (name: string, description: string, extra: Partial<CommandOptionBody> = {}) => ({
  type: ApplicationCommandOptionType.String,
  name,
  description: shorten(description),
  ...extra,
});
const file = (name: string, description: string, required: boolean) => ({
  type: ApplicationCommandOptionType.Attachment,
  name,
  description,
  ...(required && { required }),
});
const truth = (name: string, description: string) => ({
  type: ApplicationCommandOptionType.Boolean,
  name,
  description: shorten(description),
});

/** Everything that is registered, in a fixed order. */
export function listCommands(): CommandBody[] {
  const slash = COMMANDS.map(({ name, description }) => ({
    type: ApplicationCommandType.ChatInput,
    name,
    description: shorten(description),
    options: toOptions(name),
    ...EVERYWHERE,
    ...(name === 'policy' && {
      contexts: [InteractionContextType.Guild],
      integration_types: [ApplicationIntegrationType.GuildInstall],
      default_member_permissions: Number(PermissionFlagsBits.ManageGuild),
    }),
  }));
  const pictures = [
    [PICTURE_COMMANDS.upscale, 'Enlarge a picture that this bot drew'],
    [PICTURE_COMMANDS.variations, 'Draw neighbours of a picture that this bot drew'],
  ].map(([name = '', description = '']) => ({
    type: ApplicationCommandType.ChatInput,
    name,
    description,
    options: [file('image', 'The PNG file as the bot sent it', true)],
    ...EVERYWHERE,
  }));
  const menus = Object.values(MENU_NAMES).map((name) => ({
    type: ApplicationCommandType.Message,
    name,
    ...EVERYWHERE,
  }));
  return [...slash, ...pictures, ...menus];
}

function toOptions(name: CommandName): CommandOptionBody[] {
  switch (name) {
    case 'imagine':
      return [
        text('prompt', 'What to draw; flags such as --ar 3:2 may stand in it', {
          required: true,
          max_length: DISCORD_LIMITS.optionCharacters,
          autocomplete: true,
        }),
        ...flagOptions(() => true),
        file('image', 'A picture to start from', false),
        file('mask', 'A picture of the same size: white is drawn anew', false),
        truth('private', 'Only you see the answer'),
      ];
    case 'animate':
      return [
        text('prompt', 'From what to what, such as: "a cat" to "a dog"', {
          required: true,
          max_length: DISCORD_LIMITS.optionCharacters,
        }),
        truth('private', 'Only you see the answer'),
      ];
    case 'settings':
      return [
        ...flagOptions((option) => SETTING_OPTIONS.has(option)),
        truth('private', 'Answers are for your eyes only'),
        truth('reset', 'Take all your settings back'),
      ];
    case 'policy':
      return [
        text('rule', 'Such as: nsfw block, models a, b, steps 50, day 100, blocked word, reset'),
      ];
    case 'show':
      return [
        text('id', 'The id of a picture, from a card or from /history'),
        file('image', 'A PNG file that this bot drew', false),
      ];
    case 'queue':
    case 'history':
    case 'models':
    case 'help':
    case 'info':
      return [];
  }
}

function flagOptions(isWanted: (option: string) => boolean): CommandOptionBody[] {
  return FLAG_OPTIONS.filter(([option]) => isWanted(option)).flatMap(([option, name]) => {
    const flag = findFlag(name);
    return flag === undefined ? [] : [toFlagOption(option, flag)];
  });
}

function toFlagOption(name: string, flag: Flag): CommandOptionBody {
  const description = shorten(flag.description);
  if (flag.range !== undefined) {
    const { min, max, isWhole } = flag.range;
    const type = isWhole
      ? ApplicationCommandOptionType.Integer
      : ApplicationCommandOptionType.Number;
    return { type, name, description, min_value: min, max_value: max };
  }
  if (flag.extent === 'none') return truth(name, flag.description);
  const isOffered = flag.choices.kind !== 'fixed' || flag.choices.values.length > 0;
  return text(name, flag.description, {
    max_length: name === 'negative' ? LIMITS.promptCharacters : LIMITS.nameCharacters,
    ...(isOffered && { autocomplete: true }),
  });
}

/** The options as a person would type them after the command's name. */
export function toCommandText(options: readonly CommandOption[]): string {
  const words: string[] = [];
  for (const { name, value } of options) {
    const flag = FLAG_OPTIONS.find(([option]) => option === name)?.[1];
    if (name === 'prompt' || name === 'rule' || name === 'id') words.unshift(String(value));
    else if (name === 'private' && value === true) words.push('--private');
    else if (name === 'reset' && value === true) return 'reset';
    else if (flag !== undefined && value === true) words.push(`--${flag}`);
    else if (flag !== undefined && value !== false) words.push(`--${flag} ${toFlagValue(value)}`);
  }
  return words.join(' ');
}

/** A text is quoted, so that whatever stands in it stays one value. */
const toFlagValue = (value: CommandOption['value']): string =>
  typeof value === 'string' ? quoteText(value) : String(value);

/** The flag's own name for an option, for completion. */
export function flagOfOption(option: string): string | undefined {
  return FLAG_OPTIONS.find(([name]) => name === option)?.[1];
}

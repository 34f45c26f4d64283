/** The edit form: a command taken apart into fields, and fields put together into a command. */
import {
  ComponentType,
  TextInputStyle,
  type APILabelComponent,
  type APIModalInteractionResponseCallbackData,
  type APISelectMenuOption,
} from 'discord-api-types/v10';
import type { ModelDescription } from '#contract/model-description.ts';
import type { CommandRequest } from '../../core/command-draft.ts';
import { quoteText } from '../../core/command-tokens.ts';
import { findFlag } from '../../core/flags.ts';
import { formatCommand } from '../../core/format-command.ts';
import { parseCommand } from '../../core/parse-command.ts';
import { DISCORD_LIMITS } from './limits.ts';

export const EDIT_FORM_ID = 'edit-form';

const FIELDS = {
  prompt: 'prompt',
  negative: 'negative',
  aspect: 'aspect',
  model: 'model',
  flags: 'flags',
} as const;
/** A select menu cannot hold an empty value. */
const OWN = 'own';

/** Throws nothing: a command that cannot be taken apart stands in the prompt as it is. */
export function toEditForm(
  command: string,
  models: readonly ModelDescription[],
): APIModalInteractionResponseCallbackData {
  const parts = takeApart(command);
  const usable = models.filter(({ problem }) => problem === undefined);
  return {
    custom_id: EDIT_FORM_ID,
    title: 'Edit and draw again',
    components: [
      textField(FIELDS.prompt, 'Prompt', { value: parts.prompt, isRequired: true, isLong: true }),
      textField(FIELDS.negative, 'Negative prompt', {
        value: parts.negative,
        description: 'What the picture should not show',
        isLong: true,
      }),
      selectField(FIELDS.aspect, 'Aspect ratio', parts.aspect, aspectOptions(parts.aspect)),
      selectField(FIELDS.model, 'Model', parts.model, modelOptions(usable, parts.model)),
      textField(FIELDS.flags, 'Settings', {
        value: parts.flags,
        description: 'Flags such as --steps 20 --cfg 5 --seed 7 --count 4',
      }),
    ],
  };
}

/** The command that the filled-in form stands for. */
export function fromEditForm(fields: Readonly<Record<string, string>>): string {
  const value = (name: string) => fields[name] ?? '';
  const flag = (name: string, flagName: string) =>
    value(name) === '' || value(name) === OWN ? '' : `--${flagName} ${value(name)}`;
  const negative = value(FIELDS.negative);
  return [
    value(FIELDS.prompt),
    flag(FIELDS.aspect, 'ar'),
    flag(FIELDS.model, 'model'),
    value(FIELDS.flags),
    negative === '' ? '' : `--no ${quoteText(negative)}`,
  ]
    .filter((part) => part !== '')
    .join(' ');
}

interface Parts {
  prompt: string;
  negative: string;
  aspect: string;
  model: string;
  flags: string;
}

function takeApart(command: string): Parts {
  const request = tryParse(command);
  if (request === undefined) {
    return { prompt: command, negative: '', aspect: OWN, model: OWN, flags: '' };
  }
  const { size, modelId, negativePrompt } = request;
  const isAspect = size.kind === 'aspect';
  const prompt = formatCommand(onlyPrompt(request), { defaultCount: 1 });
  const rest: CommandRequest = {
    ...request,
    prompt: 'x',
    negativePrompt: '',
    modelId: undefined,
    size: isAspect ? { kind: 'default' } : size,
  };
  return {
    prompt,
    negative: negativePrompt,
    aspect: isAspect ? `${size.width}:${size.height}` : OWN,
    model: modelId ?? OWN,
    flags: formatCommand(rest).slice('x'.length).trim(),
  };
}

function tryParse(command: string): CommandRequest | undefined {
  try {
    return parseCommand(command, { defaultCount: DEFAULT_COUNT }).request;
  } catch {
    return undefined;
  }
}

const DEFAULT_COUNT = 4;

const onlyPrompt = ({ prompt }: CommandRequest): CommandRequest => ({
  kind: 'generate',
  prompt,
  negativePrompt: '',
  size: { kind: 'default' },
  seed: undefined,
  count: 1,
});

interface TextField {
  value: string;
  description?: string;
  isRequired?: boolean;
  isLong?: boolean;
}

function textField(id: string, label: string, field: TextField): APILabelComponent {
  const { value, description, isRequired = false, isLong = false } = field;
  return {
    type: ComponentType.Label,
    label,
    ...(description !== undefined && { description }),
    component: {
      type: ComponentType.TextInput,
      custom_id: id,
      style: isLong ? TextInputStyle.Paragraph : TextInputStyle.Short,
      required: isRequired,
      max_length: DISCORD_LIMITS.modalTextCharacters,
      ...(value !== '' && { value: value.slice(0, DISCORD_LIMITS.modalTextCharacters) }),
    },
  };
}

function selectField(
  id: string,
  label: string,
  chosen: string,
  options: APISelectMenuOption[],
): APILabelComponent {
  return {
    type: ComponentType.Label,
    label,
    component: {
      type: ComponentType.StringSelect,
      custom_id: id,
      required: false,
      options: options
        .slice(0, DISCORD_LIMITS.choices)
        .map((option) => (option.value === chosen ? { ...option, default: true } : option)),
    },
  };
}

function aspectOptions(chosen: string): APISelectMenuOption[] {
  const choices = findFlag('ar')?.choices;
  const usual = choices?.kind === 'fixed' ? choices.values : [];
  const all = [...new Set([...(chosen === OWN ? [] : [chosen]), ...usual])];
  return [
    { label: "The model's own, or as the settings say", value: OWN },
    ...all.map((value) => ({ label: value, value })),
  ];
}

function modelOptions(models: readonly ModelDescription[], chosen: string): APISelectMenuOption[] {
  const known = models.map(({ id, name }) => ({ label: name.slice(0, 100), value: id }));
  const usual = { label: 'The usual one', value: OWN };
  if (chosen === OWN) return [usual, ...known];
  // First, so that a long list does not leave out the one that is meant.
  const own = known.find(({ value }) => value === chosen) ?? { label: chosen, value: chosen };
  return [usual, own, ...known.filter(({ value }) => value !== chosen)];
}

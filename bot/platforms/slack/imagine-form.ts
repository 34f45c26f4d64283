/** The form for a picture: a command taken apart into fields, and fields put together into a command. */
import type { ModelDescription } from '#contract/model-description.ts';
import type { CommandRequest } from '../../core/command-draft.ts';
import { quoteText } from '../../core/command-tokens.ts';
import { findFlag } from '../../core/flags.ts';
import { formatCommand } from '../../core/format-command.ts';
import { parseCommand } from '../../core/parse-command.ts';
import type { Block } from './blocks.ts';
import {
  choiceField,
  modal,
  numberField,
  pictureField,
  switchField,
  textField,
  type FieldHead,
} from './inputs.ts';
import type { FieldValue } from './parse.ts';

export const IMAGINE_FORM = 'imagine-form';
export const PROMPT_FIELD = 'prompt';
export const PICTURE_FIELD = 'picture';

const DEFAULT_COUNT = 4;
/** Flags with a field of their own, in the order of the form. */
const FLAG_FIELDS = [
  'ar',
  'model',
  'style',
  'count',
  'strength',
  'steps',
  'cfg',
  'seed',
  'sampler',
];
const LABELS: Readonly<Record<string, string>> = {
  ar: 'Aspect ratio',
  model: 'Model',
  style: 'Style',
  count: 'Number of pictures',
  strength: 'Strength of the change to the start image',
  steps: 'Steps',
  cfg: 'Guidance',
  seed: 'Seed',
  sampler: 'Sampler',
};

type FormValues = Readonly<Record<string, string | undefined>>;

export interface FormOptions {
  /** What the fields hold at first; empty for an empty form. */
  command: string;
  models: readonly ModelDescription[];
  metadata: string;
}

export function renderImagineForm({ command, models, metadata }: FormOptions): Block {
  const values = takeApart(command);
  const usable = models.filter(({ problem }) => problem === undefined);
  const flagBlocks = FLAG_FIELDS.flatMap((name) => toFlagField(name, values[name], usable));
  return modal({
    callbackId: IMAGINE_FORM,
    title: command === '' ? 'Imagine a picture' : 'Edit and draw again',
    submit: 'Draw',
    metadata,
    blocks: [
      textField(
        { id: PROMPT_FIELD, label: 'What to draw', isRequired: true },
        values[PROMPT_FIELD] ?? '',
        true,
      ),
      textField(
        { id: 'no', label: 'What it should not show', hint: 'Such as: text, people' },
        values['no'] ?? '',
      ),
      ...flagBlocks.slice(0, 2),
      pictureField({
        id: PICTURE_FIELD,
        label: 'Start image',
        hint: 'The picture is drawn from this one: PNG, JPEG or WebP',
      }),
      ...flagBlocks.slice(2),
      textField(
        { id: 'flags', label: 'More flags', hint: 'As in a command, such as --spacing karras' },
        values['flags'] ?? '',
      ),
      switchField(
        { id: 'private', label: 'Who sees it' },
        'Only I see the pictures',
        values['private'] === 'yes',
      ),
    ],
  });
}

function toFlagField(
  name: string,
  value: string | undefined,
  models: readonly ModelDescription[],
): Block[] {
  const flag = findFlag(name);
  if (flag === undefined) return [];
  const head: FieldHead = { id: name, label: LABELS[name] ?? name, hint: flag.description };
  const { choices, range } = flag;
  if (choices.kind === 'models')
    return choiceField(
      head,
      value,
      models.map(({ id }) => id),
    );
  if (choices.kind === 'styles') {
    return choiceField(head, value, [...new Set(models.flatMap(({ styles }) => styles))]);
  }
  // A short list is quicker to choose from than a number is to type.
  if (range === undefined || name === 'count') return choiceField(head, value, choices.values);
  return [numberField(head, value === undefined ? undefined : Number(value), range)];
}

/** The command that the filled-in form stands for. */
export function toFormCommand(fields: Readonly<Record<string, FieldValue>>): string {
  const value = (id: string): string => (fields[id]?.text ?? '').trim();
  const flags = FLAG_FIELDS.map((name) => (value(name) === '' ? '' : `--${name} ${value(name)}`));
  return [
    value(PROMPT_FIELD),
    ...flags,
    value('flags'),
    value('private') === 'yes' ? '--private' : '',
    value('no') === '' ? '' : `--no ${quoteText(value('no'))}`,
  ]
    .filter((part) => part !== '')
    .join(' ');
}

/** A command that cannot be taken apart stands in the prompt as it is. */
function takeApart(command: string): FormValues {
  if (command === '') return {};
  const parsed = tryParse(command);
  if (parsed === undefined) return { [PROMPT_FIELD]: command };
  const { request, isPrivate } = parsed;
  const { size } = request;
  const isAspect = size.kind === 'aspect';
  const rest: CommandRequest = {
    ...request,
    prompt: 'x',
    negativePrompt: '',
    size: isAspect ? { kind: 'default' } : size,
    count: DEFAULT_COUNT,
    modelId: undefined,
    style: undefined,
    steps: undefined,
    guidanceScale: undefined,
    seed: undefined,
    sampler: undefined,
  };
  const show = (number: number | undefined) => (number === undefined ? undefined : String(number));
  return {
    [PROMPT_FIELD]: formatCommand(
      {
        kind: 'generate',
        prompt: request.prompt,
        negativePrompt: '',
        size: { kind: 'default' },
        count: 1,
      },
      { defaultCount: 1 },
    ),
    no: request.negativePrompt,
    ar: isAspect ? `${size.width}:${size.height}` : undefined,
    model: request.modelId,
    style: request.style,
    count: parsed.isCountGiven ? show(request.count) : undefined,
    steps: show(request.steps),
    cfg: show(request.guidanceScale),
    seed: show(request.seed),
    sampler: request.sampler,
    flags: formatCommand(rest, { defaultCount: DEFAULT_COUNT }).slice('x'.length).trim(),
    private: isPrivate ? 'yes' : undefined,
  };
}

function tryParse(command: string): ReturnType<typeof parseCommand> | undefined {
  try {
    return parseCommand(command, { defaultCount: DEFAULT_COUNT });
  } catch {
    return undefined;
  }
}

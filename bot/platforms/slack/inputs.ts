/** Fields of a modal, built within Slack's limits. https://docs.slack.dev/reference/block-kit/blocks/input-block */
import { plainText, type Block } from './blocks.ts';
import { cut } from './format-text.ts';
import { SLACK_LIMITS } from './limits.ts';

export interface FieldHead {
  /** Names the field in what comes back; also its block's id, which errors are tied to. */
  id: string;
  label: string;
  hint?: string;
  isRequired?: boolean;
}

const HINT_CHARACTERS_MAX = 150;

function field({ id, label, hint, isRequired = false }: FieldHead, element: Block): Block {
  return {
    type: 'input',
    block_id: id,
    label: plainText(label, SLACK_LIMITS.optionCharacters),
    optional: !isRequired,
    ...(hint !== undefined && { hint: plainText(hint, HINT_CHARACTERS_MAX) }),
    element: { ...element, action_id: id },
  };
}

export function textField(head: FieldHead, value: string, isLong = false): Block {
  return field(head, {
    type: 'plain_text_input',
    multiline: isLong,
    max_length: SLACK_LIMITS.inputCharacters,
    ...(value !== '' && { initial_value: cut(value, SLACK_LIMITS.inputCharacters) }),
  });
}

export interface NumberRange {
  min: number;
  max: number;
  isWhole: boolean;
}

export function numberField(head: FieldHead, value: number | undefined, range: NumberRange): Block {
  return field(head, {
    type: 'number_input',
    is_decimal_allowed: !range.isWhole,
    min_value: String(range.min),
    max_value: String(range.max),
    ...(value !== undefined && { initial_value: String(value) }),
  });
}

/** Left out where there is nothing to choose; a value that is not among the choices becomes one. */
export function choiceField(
  head: FieldHead,
  value: string | undefined,
  choices: readonly string[],
): Block[] {
  const all = [...new Set([...(value === undefined ? [] : [value]), ...choices])]
    .filter((choice) => choice !== '' && choice.length <= SLACK_LIMITS.optionValueCharacters)
    .slice(0, SLACK_LIMITS.selectOptions);
  if (all.length === 0) return [];
  const toOption = (choice: string): Block => ({
    text: plainText(choice, SLACK_LIMITS.optionCharacters),
    value: choice,
  });
  const initial = value !== undefined && all.includes(value) ? value : undefined;
  return [
    field(head, {
      type: 'static_select',
      options: all.map(toOption),
      ...(initial !== undefined && { initial_option: toOption(initial) }),
    }),
  ];
}

export function switchField(head: FieldHead, words: string, isOn: boolean): Block {
  const option = { text: plainText(words, SLACK_LIMITS.optionCharacters), value: 'yes' };
  return field(head, {
    type: 'checkboxes',
    options: [option],
    ...(isOn && { initial_options: [option] }),
  });
}

export function pictureField(head: FieldHead): Block {
  return field(head, {
    type: 'file_input',
    filetypes: ['png', 'jpg', 'jpeg', 'webp'],
    max_files: 1,
  });
}

export interface ModalParts {
  callbackId: string;
  title: string;
  submit: string;
  metadata: string;
  blocks: readonly Block[];
}

export function modal({ callbackId, title, submit, metadata, blocks }: ModalParts): Block {
  const max = SLACK_LIMITS.modalTitleCharacters;
  return {
    type: 'modal',
    callback_id: callbackId,
    title: plainText(title, max),
    submit: plainText(submit, max),
    close: plainText('Close', max),
    private_metadata: metadata,
    blocks,
  };
}

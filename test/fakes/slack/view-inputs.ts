/** What a client makes of blocks: which button a person means, and what a modal's fields hold. */
import { asText, textOf, type Part } from './block-parts.ts';

/** A text, a choice's value, a number, or files. */
export type FilledInput = string | readonly Part[];

interface FoundButton {
  action: Record<string, unknown>;
  blockId: string;
}

/** The button with this label, action_id or screen reader's name; with `value` the one that carries it. */
export function findButton(blocks: readonly Part[], label: string, value?: string): FoundButton {
  const found = blocks.flatMap((block, index) => {
    const parts = [
      ...((block['elements'] as Part[] | undefined) ?? []),
      block['accessory'] as Part | undefined,
    ];
    return parts.flatMap((part) =>
      part !== undefined && isMeant(part, label, value)
        ? [{ part, blockId: toBlockId(block, index) }]
        : [],
    );
  });
  const [first] = found;
  if (first === undefined) throw new Error(`there is no button ${label}`);
  const { part, blockId } = first;
  return {
    action: {
      type: part['type'],
      action_id: part['action_id'],
      value: part['value'],
      text: part['text'],
    },
    blockId,
  };
}

function isMeant(part: Part, label: string, value: string | undefined): boolean {
  if (part['type'] !== 'button') return false;
  const names = [textOf(part['text']), part['action_id'], part['accessibility_label']];
  return names.includes(label) && (value === undefined || part['value'] === value);
}

const toBlockId = (block: Part, index: number): string =>
  asText(block['block_id']) || `block-${index}`;

/** `state.values` of a submitted view: what was filled in by label, else what stood there. */
export function readInputs(
  blocks: readonly Part[],
  filled: Readonly<Record<string, FilledInput>>,
): Record<string, Record<string, unknown>> {
  const inputs = blocks.filter((block) => block['type'] === 'input');
  const labels = inputs.map((block) => textOf(block['label']));
  const unknown = Object.keys(filled).filter((label) => !labels.includes(label));
  if (unknown.length > 0)
    throw new Error(`the modal has no field ${unknown.join(', ')}; it has ${labels.join(', ')}`);
  return Object.fromEntries(
    inputs.map((block, index) => {
      const element = block['element'] as Part;
      const value = readInput(element, filled[textOf(block['label'])]);
      return [toBlockId(block, index), { [String(element['action_id'])]: value }];
    }),
  );
}

function readInput(element: Part, filled: FilledInput | undefined): Record<string, unknown> {
  const type = String(element['type']);
  switch (type) {
    case 'static_select': {
      const options = element['options'] as Part[];
      const chosen = options.find((option) => option['value'] === filled);
      if (filled !== undefined && chosen === undefined)
        throw new Error(`no option ${asText(filled)}`);
      return { type, selected_option: chosen ?? element['initial_option'] ?? null };
    }
    case 'checkboxes': {
      const options = element['options'] as Part[];
      const chosen = options.filter((option) => option['value'] === filled);
      return {
        type,
        selected_options: filled === undefined ? (element['initial_options'] ?? []) : chosen,
      };
    }
    case 'file_input':
      return { type, files: filled ?? [] };
    default:
      return { type, value: filled ?? element['initial_value'] ?? null };
  }
}

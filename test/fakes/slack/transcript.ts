/** Messages, modals and App Home as plain text: what a person would see, for test output and for eyes. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectFolder } from '../../source-files.ts';
import { asText, textOf, type Part } from './block-parts.ts';
import type { SlackLook, SlackMessage, SlackView, SlackWorkspace } from './workspace.ts';

/** One look of a message, a line a thing. */
export function toText(look: SlackLook, workspace: SlackWorkspace): string {
  if (look.blocks.length === 0) return look.text;
  return look.blocks.flatMap((block) => toLines(block, workspace)).join('\n');
}

export function toViewText({ view, kind }: SlackView, workspace: SlackWorkspace): string {
  const title = kind === 'home' ? 'App Home' : `${textOf(view['title'])} (modal)`;
  const blocks = view['blocks'] as Part[];
  const lines = blocks.flatMap((block) => toLines(block, workspace));
  const submit = view['submit'] === undefined ? [] : [`[${textOf(view['submit'])}]`];
  return [title, ...lines, ...submit].join('\n');
}

function toLines(block: Part, workspace: SlackWorkspace): string[] {
  switch (block['type']) {
    case 'section':
      return [
        ...(block['text'] === undefined ? [] : textOf(block['text']).split('\n')),
        ...((block['fields'] as Part[] | undefined) ?? []).map((field) => `  ${textOf(field)}`),
        ...(block['accessory'] === undefined ? [] : [toName(block['accessory'] as Part)]),
      ];
    case 'rich_text':
      return (block['elements'] as Part[]).map(
        (part) => `*${(part['elements'] as Part[]).map((run) => asText(run['text'])).join('')}*`,
      );
    case 'header':
      return [`# ${textOf(block['text'])}`];
    case 'divider':
      return ['———'];
    case 'context':
      return (block['elements'] as Part[]).map((part) => `· ${textOf({ text: part['text'] })}`);
    case 'actions':
      return [(block['elements'] as Part[]).map(toName).join(' ')];
    case 'image':
      return [toPicture(block, workspace)];
    case 'input':
      return [toField(block)];
    default:
      return [`(${asText(block['type'])})`];
  }
}

function toPicture(block: Part, workspace: SlackWorkspace): string {
  const id = asText((block['slack_file'] as Part | undefined)?.['id']);
  const file = workspace.files.get(id);
  const size = file?.bytes === undefined ? '?' : `${file.bytes.length} bytes`;
  return `<picture ${file?.name ?? ''}, ${size}: ${asText(block['alt_text'])}>`;
}

function toName(part: Part): string {
  if (part['type'] === 'static_select') {
    return `[${textOf(part['placeholder'])}: ${(part['options'] as Part[]).map((option) => textOf(option['text'])).join(' | ')}]`;
  }
  const style = part['style'] === undefined ? '' : `, ${asText(part['style'])}`;
  return `[${textOf(part['text'])}${style}]`;
}

function toField(block: Part): string {
  const element = block['element'] as Part;
  const initial = element['initial_value'] ?? textOf((element['initial_option'] as Part)?.['text']);
  const optional = block['optional'] === true ? ' (optional)' : '';
  return `${textOf(block['label'])}${optional}: ${asText(element['type'])} "${asText(initial)}"`;
}

/** How the message looked at each moment, one look under the other. */
export function toTranscript(message: SlackMessage, workspace: SlackWorkspace): string {
  const who = message.ephemeralFor === undefined ? '' : ' (only one person sees it)';
  const looks = message.looks.map((look, index) => {
    const head = index === 0 ? `Imagine${who}` : `Imagine${who}, edited`;
    return `${head}\n${toText(look, workspace)
      .split('\n')
      .map((line) => `  ${line}`)
      .join('\n')}`;
  });
  const end = message.isDeleted ? ['(the message was deleted)'] : [];
  return [...looks, ...end].join('\n\n');
}

/** Keeps a transcript under test/output, for whoever wants to look. */
export function keepTranscript(name: string, text: string): void {
  const folder = join(projectFolder, 'test', 'output', 'slack');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}.txt`), `${text}\n`);
}

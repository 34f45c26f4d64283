/**
 * The Block Kit parts that the bot uses, built within Slack's limits. Words of people go into plain or rich text, which
 * knows no markup; https://docs.slack.dev/reference/block-kit
 */
import type { CardButton } from '../../core/card.ts';
import { cut } from './format-text.ts';
import { SLACK_LIMITS } from './limits.ts';

export type Block = Readonly<Record<string, unknown>>;

export interface SlackText {
  type: 'plain_text';
  text: string;
  emoji: false;
}

/** A text object must not be empty. */
export function plainText(text: string, charactersMax: number): SlackText {
  return { type: 'plain_text', text: cut(text, charactersMax) || ' ', emoji: false };
}

/** Bold, and otherwise exactly these characters. */
export function boldLine(text: string): Block {
  const run = { type: 'text', text: cut(text, SLACK_LIMITS.sectionCharacters) || ' ' };
  return {
    type: 'rich_text',
    elements: [{ type: 'rich_text_section', elements: [{ ...run, style: { bold: true } }] }],
  };
}

export function paragraph(text: string): Block {
  return { type: 'section', text: plainText(text, SLACK_LIMITS.sectionCharacters) };
}

/** Small print. `markdown` must have been escaped. */
export function smallPrint(text: string, kind: 'plain' | 'markdown' = 'plain'): Block {
  const max = SLACK_LIMITS.contextCharacters;
  const element =
    kind === 'plain'
      ? plainText(text, max)
      : { type: 'mrkdwn', text: cut(text, max), verbatim: true };
  return { type: 'context', elements: [element] };
}

export function picture(fileId: string, altText: string): Block {
  return {
    type: 'image',
    slack_file: { id: fileId },
    alt_text: cut(altText, SLACK_LIMITS.altTextCharacters) || 'A picture',
  };
}

function button(button: CardButton): Block {
  const { actionId, label, description, style } = button;
  return {
    type: 'button',
    action_id: actionId,
    text: plainText(label, SLACK_LIMITS.buttonTextCharacters),
    accessibility_label: cut(description, SLACK_LIMITS.buttonTextCharacters),
    ...(style !== 'secondary' && { style }),
  };
}

export function buttonRow(buttons: readonly CardButton[]): Block[] {
  if (buttons.length === 0) return [];
  return [
    { type: 'actions', elements: buttons.slice(0, SLACK_LIMITS.actionsElements).map(button) },
  ];
}

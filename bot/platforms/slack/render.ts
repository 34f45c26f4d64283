/** A card as a Slack message: what people read, hear and press. */
import { parseAction } from '../../core/action.ts';
import type { Card, CardButton } from '../../core/card.ts';
import type { Notice } from '../../core/service.ts';
import { formatPictureId } from '../../core/picture-id.ts';
import {
  boldLine,
  buttonRow,
  paragraph,
  picture,
  plainText,
  smallPrint,
  type Block,
} from './blocks.ts';
import { cut, escapeText } from './format-text.ts';
import { SLACK_LIMITS } from './limits.ts';

/** A message's words for notifications and screen readers, and its blocks. */
export interface SlackMessage {
  text: string;
  blocks: readonly Block[];
}

/** Files of Slack's that the message may show. */
export interface ShownPictures {
  /** By the picture's index. */
  images: ReadonlyMap<number, string>;
  preview?: string | undefined;
}

/** Shows the pictures of a hidden card to whoever presses it, and to nobody else. */
export const REVEAL_ACTION = 'reveal';

const NO_PICTURES: ShownPictures = { images: new Map() };
const BAR_CELLS = 10;
const NOTES_MAX = 8;

const MARKS: Readonly<Record<Card['status'], string>> = {
  queued: ':hourglass_flowing_sand:',
  starting: ':gear:',
  denoising: ':art:',
  decoding: ':frame_with_picture:',
  succeeded: ':white_check_mark:',
  failed: ':warning:',
  canceled: ':no_entry_sign:',
};

/** The card with as much as a message may hold. */
export function renderCard(card: Card, pictures: ShownPictures = NO_PICTURES): SlackMessage {
  if (card.images.some(({ isSpoiler }) => isSpoiler)) return renderHiddenCard(card);
  const { perPicture, others } = sortButtons(card);
  const blocks: Block[] = [
    boldLine(card.title),
    smallPrint(toStatusLine(card), 'markdown'),
    ...card.notes.slice(0, NOTES_MAX).map((note) => paragraph(note)),
    ...(pictures.preview === undefined
      ? []
      : [picture(pictures.preview, `Preview of: ${card.title}`)]),
    ...card.images.flatMap((image) => {
      const fileId = pictures.images.get(image.index);
      const buttons = buttonRow(perPicture.get(image.index) ?? []);
      return fileId === undefined ? buttons : [picture(fileId, image.altText), ...buttons];
    }),
    ...toDetails(card),
    ...others.flatMap((row) => buttonRow(row)),
  ];
  return { text: toFallbackText(card), blocks: fit(blocks) };
}

/** Slack has no veil to put over a picture, so it is left out until somebody asks for it. */
function renderHiddenCard(card: Card): SlackMessage {
  const reveal = {
    type: 'button',
    action_id: REVEAL_ACTION,
    value: formatPictureId({ jobId: card.jobId, index: 0 }),
    text: plainText('Show me the pictures', SLACK_LIMITS.buttonTextCharacters),
  };
  const shown = renderCard({ ...card, images: [], buttons: [] });
  const actions = { type: 'actions', elements: [reveal] };
  const others = card.buttons.slice(-1).flatMap((row) => buttonRow(row));
  return { text: shown.text, blocks: [...shown.blocks, actions, ...others] };
}

/** The least of a card that Slack could have nothing against. */
export function renderPlainCard(card: Card): SlackMessage {
  const { others } = sortButtons(card);
  return {
    text: toFallbackText(card),
    blocks: [
      paragraph(cut(card.title, 200)),
      ...others.slice(0, 1).flatMap((row) => buttonRow(row)),
    ],
  };
}

export function renderNotice(notice: Notice): SlackMessage {
  const details = notice.details.map(({ label, value }) => `${label}: ${value}`);
  const lines = [...notice.lines, ...details].join('\n');
  const blocks = [
    boldLine(notice.title),
    ...(lines === '' ? [] : toParagraphs(lines)),
    ...notice.buttons.flatMap((row) => buttonRow(row)),
  ];
  return {
    text: escapeText(cut(notice.title, SLACK_LIMITS.sectionCharacters)),
    blocks: fit(blocks),
  };
}

/** One sentence, as the bot says it. */
export function renderSentence(sentence: string): SlackMessage {
  const text = cut(sentence, SLACK_LIMITS.sectionCharacters);
  return { text: escapeText(text), blocks: [paragraph(text)] };
}

/** Long texts in pieces that a section can hold, cut between lines. */
function toParagraphs(text: string): Block[] {
  const pieces: string[] = [];
  for (const line of text.split('\n')) {
    const last = pieces.at(-1);
    const longer = last === undefined ? line : `${last}\n${line}`;
    if (last === undefined || longer.length > SLACK_LIMITS.sectionCharacters) pieces.push(line);
    else pieces[pieces.length - 1] = longer;
  }
  return pieces.filter((piece) => piece.trim() !== '').map((piece) => paragraph(piece));
}

function toStatusLine(card: Card): string {
  const bar = card.progress === undefined ? '' : `  \`${toBar(card.progress)}\``;
  return `${MARKS[card.status]} ${escapeText(card.statusText)}${bar}${toReadyText(card)} · ${escapeText(card.userName)}`;
}

/** A moment in the reader's own time zone: it need not be edited to stay true. */
function toReadyText({ readyAtMs, isFinal }: Card): string {
  if (readyAtMs === undefined || isFinal) return '';
  return ` · ready at <!date^${Math.ceil(readyAtMs / 1_000)}^{time_secs}|soon>`;
}

function toBar(progress: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, progress)) * BAR_CELLS);
  return '█'.repeat(filled) + '░'.repeat(BAR_CELLS - filled);
}

function toDetails({ details }: Card): Block[] {
  if (details.length === 0) return [];
  return [smallPrint(details.map(({ label, value }) => `${label}: ${value}`).join(' · '))];
}

/** Read aloud and shown in notifications. */
function toFallbackText(card: Card): string {
  return escapeText(cut(`${card.title} – ${card.statusText}`, SLACK_LIMITS.sectionCharacters));
}

/** Rows with one button a picture are taken apart, so that each stands under its picture. */
function sortButtons({ buttons, images }: Card): {
  perPicture: ReadonlyMap<number, CardButton[]>;
  others: CardButton[][];
} {
  const perPicture = new Map<number, CardButton[]>();
  const others: CardButton[][] = [];
  for (const row of buttons) {
    const indices = row.map(({ actionId }) => parseAction(actionId)?.index);
    const isPerPicture =
      images.length > 1 &&
      row.length === images.length &&
      images.every(({ index }, place) => indices[place] === index);
    if (!isPerPicture) others.push(row);
    else {
      for (const [place, button] of row.entries()) {
        const index = images[place]?.index ?? place;
        perPicture.set(index, [...(perPicture.get(index) ?? []), button]);
      }
    }
  }
  return { perPicture, others };
}

/** Within the number of blocks and the sum of characters that a message may have; buttons are never what is left out. */
function fit(blocks: readonly Block[]): Block[] {
  let left: number = SLACK_LIMITS.messageCharacters;
  const kept = blocks.flatMap((block): Block[] => {
    const characters = countCharacters(block);
    if (block['type'] === 'section' && characters > left) return [];
    left -= characters;
    return [block];
  });
  const surplus = kept.length - SLACK_LIMITS.blocks.message;
  if (surplus <= 0) return kept;
  const sections = kept.filter(({ type }) => type === 'section').slice(-surplus);
  return kept.filter((block) => !sections.includes(block)).slice(-SLACK_LIMITS.blocks.message);
}

function countCharacters(value: unknown): number {
  if (Array.isArray(value))
    return value.reduce<number>((sum, part) => sum + countCharacters(part), 0);
  if (typeof value !== 'object' || value === null) return 0;
  return Object.entries(value).reduce((sum, [key, part]) => {
    return sum + (key === 'text' && typeof part === 'string' ? part.length : countCharacters(part));
  }, 0);
}

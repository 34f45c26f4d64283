/** Cards as components V2 (discord-api-docs, components/reference). Pure: bytes of pictures are put in by the adapter. */
import {
  ButtonStyle,
  ComponentType,
  MessageFlags,
  type APIActionRowComponent,
  type APIButtonComponentWithCustomId,
  type APIComponentInContainer,
  type APIContainerComponent,
  type APIMediaGalleryComponent,
  type APITextDisplayComponent,
} from 'discord-api-types/v10';
import type { Card, CardButton, CardImage } from '../../core/card.ts';
import { REGION_FILE } from './file-names.ts';
import { escapeWithin } from './escape-markdown.ts';
import { DISCORD_LIMITS } from './limits.ts';

/** A file of a message: shown by the components under this name. */
export interface ShownFile {
  name: string;
  altText: string;
  /** Hidden until somebody asks to see it. */
  isSpoiler: boolean;
}

export interface MessageBody {
  flags: number;
  components: APIContainerComponent[];
  allowed_mentions: { parse: [] };
}

export interface CardParts {
  /** Pictures or the preview, in their order. */
  files: readonly ShownFile[];
  /** Where the pictures are in full, if what is shown is smaller. */
  fullSizeUrls?: readonly string[];
  /** Pictures of the job that are no longer there, or that the place finds too large. */
  missingPictures?: number;
  isPrivate: boolean;
}

const COLOURS: Readonly<Record<Card['status'], number>> = {
  queued: 0x80_84_8e,
  starting: 0xf0_b2_32,
  denoising: 0x58_65_f2,
  decoding: 0x58_65_f2,
  succeeded: 0x23_a5_5a,
  failed: 0xda_37_3c,
  canceled: 0x80_84_8e,
};
/** Beside the colour and the words, for those who look and do not read. */
const SIGNS: Readonly<Record<Card['status'], string>> = {
  queued: '🕒',
  starting: '🔌',
  denoising: '🎨',
  decoding: '🎨',
  succeeded: '✅',
  failed: '⚠️',
  canceled: '🛑',
};
const BAR_CELLS = 12;
const TITLE_CHARACTERS = 600;
const NOTES_CHARACTERS = 1_400;
/** Two or three lines of small print: what comes later in the list is for those who ask. */
const DETAILS_CHARACTERS = 280;
const LINES_CHARACTERS = 3_000;
const STYLES: Readonly<
  Record<CardButton['style'], ButtonStyle.Primary | ButtonStyle.Secondary | ButtonStyle.Danger>
> = {
  primary: ButtonStyle.Primary,
  secondary: ButtonStyle.Secondary,
  danger: ButtonStyle.Danger,
};

export function renderCard(card: Card, parts: CardParts): MessageBody {
  const content: APIComponentInContainer[] = [toText(toHead(card))];
  if (parts.files.length > 0) content.push(toGallery(parts.files));
  const rest = toRest(card, parts);
  if (rest !== '') content.push(toText(rest));
  return toMessage(content, {
    buttons: card.buttons,
    accentColour: COLOURS[card.status],
    isPrivate: parts.isPrivate,
  });
}

export interface NoticeParts {
  title?: string;
  lines: readonly string[];
  details?: readonly { label: string; value: string }[];
  buttons?: readonly (readonly CardButton[])[];
}

/** An answer in words, for the eyes of the asker alone. */
export function renderNotice({
  title,
  lines,
  details = [],
  buttons = [],
}: NoticeParts): MessageBody {
  const head = title === undefined ? [] : [`**${escapeWithin(title, TITLE_CHARACTERS)}**`];
  const told = details.map(
    ({ label, value }) => `${escapeWithin(label, 100)}: ${escapeWithin(value, 300)}`,
  );
  const all = [...head, ...lines.map((line) => escapeWithin(line, LINES_CHARACTERS)), ...told];
  const content = toText(fitLines(all, LINES_CHARACTERS + TITLE_CHARACTERS) || 'Done.');
  return toMessage([content], { buttons, isPrivate: true });
}

/** The picker of a picture's parts: the picture, what to do, and a button for each part. */
export function renderRegion(
  region: Omit<NoticeParts, 'title'> & { title: string; image: CardImage },
): MessageBody {
  const { title, lines, image, buttons = [] } = region;
  const told = [
    `**${escapeWithin(title, TITLE_CHARACTERS)}**`,
    ...lines.map((line) => escapeWithin(line, 600)),
  ];
  const gallery = toGallery([{ name: REGION_FILE, altText: image.altText, isSpoiler: false }]);
  const content = [toText(fitLines(told, LINES_CHARACTERS)), gallery];
  return toMessage(content, { buttons, isPrivate: true });
}

/** As many whole lines as fit. */
function fitLines(lines: readonly string[], charactersMax: number): string {
  let text = '';
  for (const line of lines) {
    const next = text === '' ? line : `${text}\n${line}`;
    if (next.length > charactersMax - 2) return `${text}\n…`;
    text = next;
  }
  return text;
}

function toMessage(
  content: APIComponentInContainer[],
  options: {
    buttons: readonly (readonly CardButton[])[];
    accentColour?: number;
    isPrivate: boolean;
  },
): MessageBody {
  const { accentColour, isPrivate } = options;
  // The container itself is a component, too.
  const room = DISCORD_LIMITS.components - 1 - content.length;
  const container: APIContainerComponent = {
    type: ComponentType.Container,
    components: [...content, ...toRows(options.buttons, room)],
    ...(accentColour !== undefined && { accent_color: accentColour }),
  };
  return {
    flags: MessageFlags.IsComponentsV2 | (isPrivate ? MessageFlags.Ephemeral : 0),
    components: [container],
    allowed_mentions: { parse: [] },
  };
}

const toText = (content: string): APITextDisplayComponent => ({
  type: ComponentType.TextDisplay,
  content,
});

function toHead(card: Card): string {
  const title = `**${escapeWithin(card.title, TITLE_CHARACTERS)}**`;
  const status = `${SIGNS[card.status]} ${escapeWithin(card.statusText, 300)}`;
  // Discord itself keeps a relative time true: no edit is needed for it to move.
  const ready =
    card.readyAtMs === undefined ? '' : ` · ready <t:${Math.ceil(card.readyAtMs / 1_000)}:R>`;
  const bar = card.progress === undefined ? '' : `\n${toBar(card.progress)}`;
  return `${title}\n-# for ${escapeWithin(card.userName, 100)}\n${status}${ready}${bar}`;
}

function toBar(progress: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, progress)) * BAR_CELLS);
  return `${'▰'.repeat(filled)}${'▱'.repeat(BAR_CELLS - filled)}`;
}

function toRest(card: Card, { fullSizeUrls = [], missingPictures = 0 }: CardParts): string {
  const notes = card.notes.map((note) => escapeWithin(note, NOTES_CHARACTERS / 2));
  const details = joinWhole(
    card.details.map(({ label, value }) => escapeWithin(`${label} ${value}`, 200)),
    DETAILS_CHARACTERS,
  );
  const links = fullSizeUrls.map((url, index) => `[picture ${index + 1}](${url})`);
  return [
    fitLines(notes, NOTES_CHARACTERS),
    missingPictures === 0 ? '' : toMissing(missingPictures),
    links.length === 0 ? '' : `Smaller here than drawn; in full: ${links.join(', ')}`,
    details === '' ? '' : `-# ${details}`,
  ]
    .filter((line) => line !== '')
    .join('\n');
}

const toMissing = (count: number): string =>
  `${count === 1 ? 'A picture' : `${count} pictures`} could not be attached here; press Edit to draw it again.`;

/** As many parts as fit, from the first on. */
function joinWhole(parts: readonly string[], charactersMax: number): string {
  let text = '';
  for (const part of parts) {
    const next = text === '' ? part : `${text} · ${part}`;
    if (next.length > charactersMax) break;
    text = next;
  }
  return text;
}

function toGallery(files: readonly ShownFile[]): APIMediaGalleryComponent {
  return {
    type: ComponentType.MediaGallery,
    items: files.slice(0, DISCORD_LIMITS.galleryPictures).map(({ name, altText, isSpoiler }) => ({
      media: { url: `attachment://${name}` },
      description: altText.slice(0, DISCORD_LIMITS.altTextCharacters) || 'Picture',
      ...(isSpoiler && { spoiler: true }),
    })),
  };
}

/** Rows in their order while the components last; an id occurs once in a message. */
function toRows(
  rows: readonly (readonly CardButton[])[],
  room: number,
): APIActionRowComponent<APIButtonComponentWithCustomId>[] {
  const seen = new Set<string>();
  const fitting: APIActionRowComponent<APIButtonComponentWithCustomId>[] = [];
  let left = room;
  for (const row of rows.flatMap((buttons) => inFives(buttons))) {
    const ids = row.map(({ actionId }) => actionId);
    const isFirst = (id: string, at: number) => !seen.has(id) && ids.indexOf(id) === at;
    const buttons = row.filter(({ actionId }, at) => isFirst(actionId, at));
    if (buttons.length === 0 || buttons.length + 1 > left) continue;
    for (const { actionId } of buttons) seen.add(actionId);
    left -= buttons.length + 1;
    fitting.push({ type: ComponentType.ActionRow, components: buttons.map(toButton) });
  }
  return fitting;
}

function inFives(buttons: readonly CardButton[]): CardButton[][] {
  const usable = buttons.filter(
    ({ actionId }) => actionId.length <= DISCORD_LIMITS.customIdCharacters,
  );
  const count = Math.ceil(usable.length / DISCORD_LIMITS.rowButtons);
  return Array.from({ length: count }, (_, row) =>
    usable.slice(row * DISCORD_LIMITS.rowButtons, (row + 1) * DISCORD_LIMITS.rowButtons),
  );
}

function toButton({ actionId, label, style }: CardButton): APIButtonComponentWithCustomId {
  return {
    type: ComponentType.Button,
    custom_id: actionId,
    label: label.slice(0, DISCORD_LIMITS.buttonLabelCharacters),
    style: STYLES[style],
  };
}

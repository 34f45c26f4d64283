/** The App Home tab: what the person has in the queue, their latest pictures, their settings. */
import { describeQueue } from '../../core/describe-queue.ts';
import { describeSettings } from '../../core/describe-settings.ts';
import { formatPictureId } from '../../core/picture-id.ts';
import type { GalleryPage, JobEntry, Notice, QueueView } from '../../core/service.ts';
import type { UserSettings } from '../../core/settings.ts';
import {
  boldLine,
  buttonRow,
  paragraph,
  picture,
  plainText,
  smallPrint,
  type Block,
} from './blocks.ts';
import { cut } from './format-text.ts';
import { SLACK_LIMITS } from './limits.ts';

/** Buttons of App Home that are not actions of a job. */
export const HOME_ACTIONS = {
  imagine: 'home-imagine',
  refresh: 'home-refresh',
  settings: 'home-settings',
  show: 'home-show',
} as const;

export interface HomeContents {
  queue: QueueView;
  gallery: GalleryPage;
  settings: UserSettings;
  /** Slack's files of first pictures, by job. */
  files: ReadonlyMap<string, string>;
}

const PROMPT_CHARACTERS_MAX = 300;

export function renderHome({ queue, gallery, settings, files }: HomeContents): Block {
  const blocks: Block[] = [
    { type: 'header', text: plainText('Imagine', SLACK_LIMITS.optionCharacters) },
    paragraph('Say what to draw, here or with /imagine in any channel that I am a member of.'),
    ...buttonRow([
      homeButton('imagine', 'Imagine a picture', 'primary'),
      homeButton('settings', 'Settings', 'secondary'),
      homeButton('refresh', 'Refresh', 'secondary'),
    ]),
    { type: 'divider' },
    ...renderPart(describeQueue(queue)),
    { type: 'divider' },
    ...renderGallery(gallery.entries, files),
    { type: 'divider' },
    ...renderPart(describeSettings(settings)),
  ];
  return { type: 'home', blocks: blocks.slice(0, SLACK_LIMITS.blocks.view) };
}

function homeButton(
  name: keyof typeof HOME_ACTIONS,
  label: string,
  style: 'primary' | 'secondary',
): Parameters<typeof buttonRow>[0][number] {
  return { actionId: HOME_ACTIONS[name], label, description: label, style };
}

function renderPart({ title, lines, details, buttons }: Notice): Block[] {
  const small = details.map(({ label, value }) => `${label}: ${value}`).join(' · ');
  return [
    boldLine(title),
    ...lines.map((line) => paragraph(line)),
    ...(small === '' ? [] : [smallPrint(small)]),
    ...buttons.flatMap((row) => buttonRow(row)),
  ];
}

function renderGallery(entries: readonly JobEntry[], files: ReadonlyMap<string, string>): Block[] {
  if (entries.length === 0) {
    return [boldLine('Your pictures'), paragraph('There are none yet: press the button above.')];
  }
  return [
    boldLine('Your latest pictures'),
    ...entries.flatMap(({ card, record }) => {
      const fileId = files.get(record.id);
      const name = formatPictureId({ jobId: record.id, index: 0 });
      return [
        ...(fileId === undefined ? [] : [picture(fileId, card.images[0]?.altText ?? card.title)]),
        {
          type: 'section',
          text: plainText(
            `${cut(card.title, PROMPT_CHARACTERS_MAX)}\n${name}`,
            SLACK_LIMITS.sectionCharacters,
          ),
          accessory: {
            type: 'button',
            action_id: HOME_ACTIONS.show,
            value: name,
            text: plainText('Show with buttons', SLACK_LIMITS.buttonTextCharacters),
          },
        },
      ];
    }),
  ];
}

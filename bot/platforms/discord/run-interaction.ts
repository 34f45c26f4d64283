/** What the core is asked for an interaction. Never throws: what goes wrong becomes a sentence. */
import { formatAction, parseAction } from '../../core/action.ts';
import { CommandError } from '../../core/command-error.ts';
import { COMMAND_NAMES } from '../../core/command-names.ts';
import type { Logger, Place } from '../../core/ports.ts';
import type { Attachment, ImagineService, Outcome, PictureMessage } from '../../core/service.ts';
import type { FetchAttachment } from './attachments.ts';
import { MENU_NAMES, PICTURE_COMMANDS, toCommandText } from './commands.ts';
import { readFileName } from './file-names.ts';
import { EDIT_FORM_ID, fromEditForm } from './modal.ts';
import type { DiscordAttachment, DiscordInteraction, Origin } from './parse.ts';

export interface RunOptions {
  service: ImagineService;
  fetchAttachment: FetchAttachment;
  logger: Logger;
}

type Runnable = Exclude<DiscordInteraction, { kind: 'ping' } | { kind: 'completion' }>;

export async function toWork(interaction: Runnable, options: RunOptions): Promise<Outcome> {
  try {
    return await run(interaction, options);
  } catch (error) {
    if (error instanceof CommandError) return refuse(error.message);
    options.logger.error({ err: error }, 'an interaction could not be handled');
    return refuse('Something went wrong here; try again in a moment.');
  }
}

function run(interaction: Runnable, options: RunOptions): Promise<Outcome> {
  switch (interaction.kind) {
    case 'command':
      return runCommand(interaction, options);
    case 'menu':
      return runMenu(interaction, options);
    case 'press':
      return runPress(interaction, options);
    case 'form':
      return runForm(interaction, options);
  }
}

/** What a file means is said by the option that it was dropped into. */
const FILE_OPTIONS = ['image', 'mask'] as const;

async function runCommand(
  { origin, name, options, attachments }: Extract<Runnable, { kind: 'command' }>,
  { service, fetchAttachment }: RunOptions,
): Promise<Outcome> {
  const dropped = FILE_OPTIONS.flatMap((role) => {
    const option = options.find((candidate) => candidate.name === role);
    const attachment = attachments[String(option?.value)];
    return attachment === undefined ? [] : [{ role, attachment }];
  });
  const files = await Promise.all(
    dropped.map(async ({ role, attachment }) => ({ ...(await fetchAttachment(attachment)), role })),
  );
  const { user, place, id: deliveryId } = origin;
  const [file] = files;
  if (name === PICTURE_COMMANDS.upscale || name === PICTURE_COMMANDS.variations) {
    if (file === undefined) return refuse('Attach the picture that is meant.');
    const action = name === PICTURE_COMMANDS.upscale ? 'upscale' : 'vary';
    return service.picture({ user, place, deliveryId, action, picture: file });
  }
  const command = COMMAND_NAMES.find((known) => known === name);
  if (command === undefined) return refuse(`/${name} is not known here; /help lists the commands.`);
  const text = toCommandText(options);
  return service.command(command, { user, place, deliveryId, text, attachments: files });
}

/** The files of a message that look like pictures. */
const picturesOf = (attachments: readonly DiscordAttachment[]): DiscordAttachment[] =>
  attachments.filter(({ content_type: type }) => type?.startsWith('image/') === true);

async function runMenu(
  { origin, name, attachments, isOwnMessage }: Extract<Runnable, { kind: 'menu' }>,
  { service, fetchAttachment }: RunOptions,
): Promise<Outcome> {
  const pictures = picturesOf(attachments);
  const [first] = pictures;
  if (first === undefined) {
    return refuse('There is no picture in this message; choose one that has a finished picture.');
  }
  const action = toMenuAction(name);
  const place = { ...origin.place, ...(action === 'show' && { isPrivate: true }) };
  const message = { user: origin.user, place, deliveryId: origin.id, action };
  const known = isOwnMessage ? pictures.map(({ filename }) => readFileName(filename)) : [];
  const ids = known.filter((id) => id !== undefined);
  if (ids.length > 1 && action !== 'show') return askWhich(action, ids);
  const picture: PictureMessage['picture'] | Attachment = ids[0] ?? (await fetchAttachment(first));
  return service.picture({ ...message, picture });
}

function toMenuAction(name: string): PictureMessage['action'] {
  if (name === MENU_NAMES.vary) return 'vary';
  return name === MENU_NAMES.upscale ? 'upscale' : 'show';
}

function askWhich(
  action: 'vary' | 'upscale',
  ids: readonly { jobId: string; index: number }[],
): Outcome {
  const buttons = ids.map(({ jobId, index }) => ({
    actionId: formatAction({ name: action, jobId, index }),
    label: `Picture ${index + 1}`,
    description: `${action === 'vary' ? 'Vary' : 'Upscale'} picture ${index + 1}`,
    style: 'secondary' as const,
  }));
  const title = action === 'vary' ? 'Vary which picture?' : 'Upscale which picture?';
  const lines = ['They are counted from the top left, row by row.'];
  return { kind: 'notice', title, lines, details: [], buttons: [buttons] };
}

function runPress(
  { origin, customId }: Extract<Runnable, { kind: 'press' }>,
  { service }: RunOptions,
): Promise<Outcome> {
  const action = parseAction(customId);
  const isOfThisCard = action?.name === 'cancel' || action?.name === 'delete';
  const { user, id: deliveryId } = origin;
  // A new job gets a message of its own: the pressed card keeps its own.
  const place = isOfThisCard ? origin.place : withoutMessage(origin);
  return service.act({ actionId: customId, user, place, deliveryId });
}

function runForm(
  { origin, customId, fields }: Extract<Runnable, { kind: 'form' }>,
  { service }: RunOptions,
): Promise<Outcome> {
  if (customId !== EDIT_FORM_ID) {
    return Promise.resolve(refuse('This form is not known here; open it again.'));
  }
  const { user, id: deliveryId } = origin;
  const text = fromEditForm(fields);
  return service.imagine({ text, user, place: withoutMessage(origin), deliveryId });
}

const withoutMessage = ({ place }: Origin): Place => ({ ...place, messageId: undefined });
const refuse = (message: string): Outcome => ({ kind: 'refused', message });

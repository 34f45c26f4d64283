/** Commands as text, the same on every platform: what each name does with what was written after it. */
import type { CommandName } from './command-names.ts';
import { CommandError } from './command-error.ts';
import { describeGallery } from './describe-gallery.ts';
import { describeModels } from './describe-models.ts';
import { describeQueue } from './describe-queue.ts';
import { describePolicy, describeSettings } from './describe-settings.ts';
import { showValue } from './flag-values.ts';
import { parsePictureId } from './picture-id.ts';
import { readAnimateText } from './prompt-walk.ts';
import { readPolicy, readSettings } from './read-settings.ts';
import type { CommandMessage, ImagineService, Notice, Outcome } from './service.ts';

const GALLERY_ENTRIES = 10;

/** Throws CommandError with the sentence of a refusal. */
export async function runCommand(
  name: CommandName,
  message: CommandMessage,
  service: ImagineService,
): Promise<Outcome> {
  const { user, place } = message;
  switch (name) {
    case 'imagine':
      return service.imagine(message);
    case 'animate':
      return service.imagine({ ...message, text: readAnimateText(message.text) });
    case 'queue':
      return toOutcome(describeQueue(await service.queue(message)));
    case 'history':
      return toOutcome(
        describeGallery(await service.gallery({ user, place, limit: GALLERY_ENTRIES })),
      );
    case 'show':
      return show(message, service);
    case 'settings':
      return settings(message, service);
    case 'policy':
      return policy(message, service);
    case 'models':
      return toOutcome(describeModels(await service.models()));
    case 'help':
      return toOutcome(toNotice('Help', service.help().split('\n')));
    case 'info':
      return toOutcome(await service.info());
  }
}

function show(message: CommandMessage, service: ImagineService): Promise<Outcome> {
  const [attachment] = message.attachments ?? [];
  const picture = attachment ?? parsePictureId(message.text);
  if (picture === undefined) {
    throw new CommandError(
      message.text.trim() === ''
        ? 'Say which picture, such as /show k7m2q9x4tbn8w3d5/2; /history lists the ids.'
        : `${showValue(message.text)} is not the id of a picture; /history lists the ids.`,
    );
  }
  return service.picture({ ...message, action: 'show', picture });
}

async function settings(message: CommandMessage, service: ImagineService): Promise<Outcome> {
  const current =
    message.text.trim() === ''
      ? await service.settings(message)
      : await service.changeSettings(message, readSettings(message.text));
  return toOutcome(describeSettings(current));
}

async function policy(message: CommandMessage, service: ImagineService): Promise<Outcome> {
  const current = await service.spacePolicy(message.place);
  if (message.text.trim() === '') return toOutcome(describePolicy(current));
  const changes = readPolicy(message.text, current.quota);
  return toOutcome(describePolicy(await service.changeSpacePolicy(message, changes)));
}

const toNotice = (title: string, lines: readonly string[]): Notice => ({
  title,
  lines,
  details: [],
  buttons: [],
});
const toOutcome = (notice: Notice): Outcome => ({ kind: 'notice', ...notice });

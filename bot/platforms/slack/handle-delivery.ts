/** What each delivery of Slack's means for the bot, and how it is acknowledged within Slack's three seconds. */
import { CommandError } from '../../core/command-error.ts';
import { parseAction } from '../../core/action.ts';
import { parsePictureId } from '../../core/picture-id.ts';
import type { Logger, Place } from '../../core/ports.ts';
import type { Attachment, ImagineService, Outcome } from '../../core/service.ts';
import { toUserMessage } from '../../core/user-message.ts';
import { HOME_ACTIONS } from './app-home.ts';
import type { PacerTime } from './call-pacer.ts';
import { readBotCommand, readImagineCommand, readMention } from './command-line.ts';
import type { SlackFile } from './delivery-schemas.ts';
import { IMAGINE_FORM, PICTURE_FIELD, PROMPT_FIELD, toFormCommand } from './imagine-form.ts';
import { SLACK_LIMITS } from './limits.ts';
import type { SlackDelivery } from './parse.ts';
import type { Asked, OutcomeView } from './show-outcome.ts';
import type { People } from './people.ts';
import { readPlace } from './place-metadata.ts';
import { renderNotice, renderSentence, REVEAL_ACTION, type SlackMessage } from './render.ts';
import type { Replier } from './reply.ts';
import type { Responder } from './response-url.ts';
import { readSettingsForm, SETTINGS_FORM } from './settings-form.ts';
import type { PictureUploader } from './upload-pictures.ts';
import type { SlackViews } from './views.ts';

/** Tells Slack that the delivery has arrived, with an answer where its kind allows one. */
export type Acknowledge = (answer?: Readonly<Record<string, unknown>>) => Promise<void>;

/** At most one acknowledgement; whoever comes second is late. */
interface Door {
  acknowledge: Acknowledge;
  /** False where Slack was told already that the delivery has arrived: answers go other ways. */
  takesAnswers: boolean;
}

type Of<Kind extends SlackDelivery['kind']> = Extract<SlackDelivery, { kind: Kind }>;

export interface DeliveryHandlerOptions {
  service: ImagineService;
  answers: OutcomeView;
  uploader: PictureUploader;
  responder: Responder;
  replier: Replier;
  people: People;
  views: SlackViews;
  download: (file: SlackFile) => Promise<Uint8Array>;
  time: PacerTime;
  logger: Logger;
}

/** The answer of a modal whose fields are to be corrected. */
const toFieldError = (field: string, message: string) => ({
  response_action: 'errors',
  errors: { [field]: message },
});
const inMessage = ({ text, blocks }: SlackMessage) => ({
  response_type: 'ephemeral',
  text,
  blocks,
});

export class DeliveryHandler {
  readonly #options: DeliveryHandlerOptions;

  constructor(options: DeliveryHandlerOptions) {
    this.#options = options;
  }

  /**
   * Never rejects; what nobody foresaw is logged, and the person is told. Without `acknowledge` the delivery was
   * acknowledged elsewhere.
   */
  async handle(delivery: SlackDelivery, acknowledge?: Acknowledge): Promise<void> {
    const door = openDoor(acknowledge);
    try {
      await this.#dispatch(delivery, door);
    } catch (error) {
      const { logger, replier } = this.#options;
      if (!(error instanceof CommandError))
        logger.error({ err: error }, 'a delivery of Slack failed');
      if ('place' in delivery) await replier.say(delivery, renderSentence(toUserMessage(error)));
    } finally {
      await door.acknowledge().catch(() => {});
    }
  }

  async #dispatch(delivery: SlackDelivery, door: Door): Promise<void> {
    switch (delivery.kind) {
      case 'command':
        return this.#command(delivery, door);
      case 'press':
        return this.#press(delivery, door);
      case 'submit':
        return this.#submit(delivery, door);
      case 'shortcut':
        return this.#shortcut(delivery, door);
      case 'mention':
        return this.#mention(delivery, door);
      case 'home':
        await door.acknowledge();
        return this.#options.views.publishHome(this.#options.service, delivery);
      case 'challenge':
        return door.acknowledge({ challenge: delivery.challenge });
      case 'ignored':
        return door.acknowledge();
    }
  }

  async #command(delivery: Of<'command'>, door: Door): Promise<void> {
    const { service, views, people } = this.#options;
    const { text } = delivery;
    if (delivery.name === 'imagine' && text.trim() === '') {
      await Promise.all([door.acknowledge(), views.openImagineForm(service, delivery, '')]);
      return;
    }
    const line = delivery.name === 'imagine' ? readImagineCommand(text) : readBotCommand(text);
    const { place, deliveryId } = delivery;
    const ask = async (): Promise<Outcome> => {
      // Rules of the workspace are for its administrators alone.
      const user = line.name === 'policy' ? await people.describe(delivery.user) : delivery.user;
      return service.command(line.name, { text: line.text, user, place, deliveryId });
    };
    const isSaid = (message: SlackMessage) => door.acknowledge(inMessage(message));
    await this.#answer(ask(), delivery, { door, isSaid });
  }

  async #press(delivery: Of<'press'>, door: Door): Promise<void> {
    const { service, views, people, responder, uploader } = this.#options;
    const { actionId, place, deliveryId } = delivery;
    if (actionId === HOME_ACTIONS.imagine) {
      await Promise.all([door.acknowledge(), views.openImagineForm(service, delivery, '')]);
    } else if (actionId === HOME_ACTIONS.settings) {
      await Promise.all([door.acknowledge(), views.openSettingsForm(service, delivery)]);
    } else if (actionId === HOME_ACTIONS.refresh) {
      await door.acknowledge();
    } else if (actionId === HOME_ACTIONS.show) {
      await this.#showPicture(delivery, place, door);
    } else if (actionId === REVEAL_ACTION) {
      await this.#showPicture(delivery, { ...place, isPrivate: true }, door);
    } else {
      const name = parseAction(actionId)?.name;
      const isOwnersAlone = name === 'cancel' || name === 'delete';
      const ask = async (): Promise<Outcome> => {
        const user = isOwnersAlone ? await people.describe(delivery.user) : delivery.user;
        return service.act({ actionId, user, place, deliveryId });
      };
      const outcome = await this.#answer(ask(), delivery, { door });
      const isDeleted = name === 'delete' && outcome?.kind === 'done';
      if (isDeleted) await uploader.remove(delivery.shownFileIds);
      if (delivery.isEphemeral && (isDeleted || (isOwnersAlone && outcome?.kind === 'done'))) {
        await responder.removeOriginal(place);
      }
    }
    if (delivery.isAtHome) await views.publishHome(service, delivery);
  }

  async #showPicture(delivery: Of<'press'>, place: Place, door: Door): Promise<void> {
    const picture = parsePictureId(delivery.value ?? '');
    if (picture === undefined) return;
    const { user, deliveryId } = delivery;
    const { service } = this.#options;
    const shown = service.picture({ action: 'show', picture, user, place, deliveryId });
    await this.#answer(shown, { user, place }, { door });
  }

  async #submit(delivery: Of<'submit'>, door: Door): Promise<void> {
    const { user, values, deliveryId, metadata, spaceId } = delivery;
    const asked = { user, place: readPlace(metadata, user.id, spaceId) };
    if (delivery.callbackId === SETTINGS_FORM) return this.#saveSettings(delivery, asked, door);
    if (delivery.callbackId !== IMAGINE_FORM) return;
    const files = values[PICTURE_FIELD]?.files ?? [];
    const text = toFormCommand(values);
    if (files.length > 0) {
      // Fetching a picture may take longer than Slack waits.
      await door.acknowledge();
      return this.#imagine(asked, { text, deliveryId, files });
    }
    const outcome = this.#options.service.imagine({ ...asked, text, deliveryId });
    const isSaid = (_: SlackMessage, words: string) =>
      door.acknowledge(toFieldError(PROMPT_FIELD, words));
    await this.#answer(outcome, asked, { door, isSaid });
  }

  async #saveSettings(delivery: Of<'submit'>, asked: Asked, door: Door): Promise<void> {
    const { service, views } = this.#options;
    try {
      await service.changeSettings(asked, readSettingsForm(delivery.values));
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      if (door.takesAnswers) return door.acknowledge(toFieldError('negativePrompt', error.message));
      return this.#options.replier.say(asked, renderSentence(error.message));
    }
    await door.acknowledge();
    await views.publishHome(service, asked);
  }

  async #shortcut(delivery: Of<'shortcut'>, door: Door): Promise<void> {
    const { service } = this.#options;
    const { user, place, deliveryId, callbackId } = delivery;
    await door.acknowledge();
    const action = callbackId === 'recipe' ? 'show' : callbackId;
    if (action !== 'vary' && action !== 'upscale' && action !== 'show') return;
    const own = delivery.buttonIds.map(parseAction).find((button) => button !== undefined);
    const [attached] = own === undefined ? await this.#fetchPictures(delivery.files) : [];
    const picture = own === undefined ? attached : { jobId: own.jobId, index: 0 };
    if (picture === undefined) {
      throw new CommandError(
        'There is no picture in this message; use the shortcut on a message with a PNG, JPEG or WebP file.',
      );
    }
    const outcome = await service.picture({ action, picture, user, place, deliveryId });
    await this.#options.answers.show(outcome, delivery);
  }

  async #mention(delivery: Of<'mention'>, door: Door): Promise<void> {
    const { people } = this.#options;
    await door.acknowledge();
    const line = readMention(delivery.text);
    const asked = { user: await people.describe(delivery.user), place: delivery.place };
    await this.#imagine(asked, { ...delivery, ...line });
  }

  /** A command that may carry pictures. */
  async #imagine(
    asked: Asked,
    message: {
      name?: Parameters<ImagineService['command']>[0];
      text: string;
      deliveryId: string;
      files: readonly SlackFile[];
    },
  ): Promise<void> {
    const { service, replier } = this.#options;
    const { name = 'imagine', text, deliveryId } = message;
    try {
      const attachments = await this.#fetchPictures(message.files);
      const { user, place } = asked;
      const outcome = await service.command(name, { text, user, place, deliveryId, attachments });
      await this.#options.answers.show(outcome, asked);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      await replier.say(asked, renderSentence(error.message));
    }
  }

  #fetchPictures(files: readonly SlackFile[]): Promise<Attachment[]> {
    const pictures = files.filter(({ mimetype }) => mimetype?.startsWith('image/') ?? true);
    return Promise.all(
      pictures.slice(0, 1).map(async (file) => ({
        role: 'image' as const,
        name: file.name ?? file.id,
        mediaType: file.mimetype ?? 'application/octet-stream',
        bytes: await this.#options.download(file),
      })),
    );
  }

  /**
   * Acknowledges with the answer when there is one soon, else at once and answers later. What was accepted is stored
   * before Slack hears that it arrived.
   */
  async #answer(
    asking: Promise<Outcome>,
    asked: Asked,
    how: {
      door: Door;
      isSaid?: (message: SlackMessage, words: string) => Promise<void>;
    },
  ): Promise<Outcome | undefined> {
    const late = this.#options.time.sleep(SLACK_LIMITS.acknowledgeWithinMs);
    const soon = await Promise.race([asking, late]);
    const isSaid = how.door.takesAnswers ? how.isSaid : undefined;
    if (soon?.kind === 'refused' && isSaid !== undefined) {
      await isSaid(renderSentence(soon.message), soon.message);
      return soon;
    }
    if (soon?.kind === 'notice' && isSaid !== undefined) {
      await isSaid(renderNotice(soon), soon.title);
      return soon;
    }
    await how.door.acknowledge();
    const outcome = soon ?? (await asking);
    await this.#options.answers.show(outcome, asked);
    return outcome;
  }
}

function openDoor(acknowledge: Acknowledge | undefined): Door {
  let isDone = acknowledge === undefined;
  return {
    takesAnswers: !isDone,
    async acknowledge(answer) {
      if (isDone) return;
      isDone = true;
      await acknowledge?.(answer);
    },
  };
}

/**
 * Brings a job's card to Slack: previews within what the workspace's budget leaves over, the result always. One message
 * a job, edited; what cannot be edited is written anew.
 */
import type { JobId } from '#contract/job.ts';
import type { Card } from '../../core/card.ts';
import type { PictureEncoder } from '../../core/picture-encoder.ts';
import type { JobRecord, Logger, PlaceChanges } from '../../core/ports.ts';
import type { CallPacer, PacerTime } from './call-pacer.ts';
import { SLACK_LIMITS } from './limits.ts';
import { codeOf, isDirectChannel, MALFORMED, type MessagePoster } from './post-message.ts';
import { renderCard, renderPlainCard, type SlackMessage } from './render.ts';
import type { Responder } from './response-url.ts';
import type { PictureUploader } from './upload-pictures.ts';
import { NoRoomError, type CallOptions } from './web-api.ts';

/** Stands for a message that only one person sees: it cannot be edited, so it is shown at the start and at the end. */
const EPHEMERAL = 'ephemeral';
/** Uploads that fail for as long as somebody does not make room in the workspace, or change its rules. */
const NO_STORAGE = new Set([
  'file_uploads_disabled',
  'file_uploads_except_images_disabled',
  'over_file_storage_limit',
  'storage_limit_reached',
]);
const TOO_LARGE = new Set(['file_too_large', 'file_upload_size_restricted']);

export interface CardDeliveryOptions {
  pacer: CallPacer;
  time: PacerTime;
  poster: MessagePoster;
  uploader: PictureUploader;
  responder: Responder;
  findImage: (jobId: JobId, index: number) => Promise<Uint8Array | undefined>;
  encoder: PictureEncoder;
  logger: Logger;
}

const EXTENSIONS = {
  'image/png': 'png',
  'image/jpeg': 'jpg',
  'image/gif': 'gif',
  'image/webp': 'webp',
};

interface Running {
  shownAtMs: number;
  previewFileId: string | undefined;
}

export class CardDelivery {
  readonly #options: CardDeliveryOptions;
  readonly #running = new Map<JobId, Running>();
  /** Final cards on their way: a second request for the same waits for the first. */
  readonly #finals = new Map<JobId, Promise<PlaceChanges>>();
  readonly #fileIds = new Map<string, string>();
  readonly #closing = new AbortController();

  constructor(options: CardDeliveryOptions) {
    this.#options = options;
  }

  show(record: JobRecord, card: Card): Promise<PlaceChanges> {
    if (!card.isFinal) return this.#showRunning(record, card);
    const known = this.#finals.get(record.id);
    if (known !== undefined) return known;
    const final = this.#showFinal(record, card).finally(() => this.#finals.delete(record.id));
    this.#finals.set(record.id, final);
    return final;
  }

  async remove(record: JobRecord): Promise<void> {
    this.#running.delete(record.id);
    const prefix = `${record.id}/`;
    const names = [...this.#fileIds.keys()].filter((name) => name.startsWith(prefix));
    const fileIds = names.flatMap((name) => this.#fileIds.get(name) ?? []);
    for (const name of names) this.#fileIds.delete(name);
    if (record.place.messageId !== EPHEMERAL) await this.#options.poster.remove(record);
    await this.#options.uploader.remove(fileIds);
  }

  /** A card of a job that has ended long ago, as a new message. */
  async showAgain(record: JobRecord, card: Card): Promise<void> {
    const place = { ...record.place, messageId: undefined };
    // Whoever asks to see it privately has asked to see it.
    const images = card.images.map((image) => ({
      ...image,
      isSpoiler: image.isSpoiler && place.isPrivate !== true,
    }));
    const message = await this.#renderFinal({ ...card, images });
    await this.#deliverFinal({ ...record, place }, message, card);
  }

  /** Slack's file of one picture, if it was uploaded since the bot started. */
  knownFile(jobId: JobId, index: number): string | undefined {
    return this.#fileIds.get(toKey(jobId, index));
  }

  /** The same, uploaded where the budget leaves room for it. */
  async fileOf(card: Card, index: number): Promise<string | undefined> {
    const call = { isPreview: true, signal: this.#closing.signal };
    return (await this.#uploadImages(card, [index], call)).get(index);
  }

  close(): void {
    this.#closing.abort();
  }

  async #showRunning(record: JobRecord, card: Card): Promise<PlaceChanges> {
    const { place } = record;
    const { time, pacer, poster, uploader } = this.#options;
    const running = this.#running.get(record.id) ?? { shownAtMs: 0, previewFileId: undefined };
    this.#running.set(record.id, running);
    if (isEphemeral(record)) return this.#showEphemeral(record, renderCard(card), card.isFinal);
    if (place.messageId === undefined) {
      running.shownAtMs = time.nowMs();
      return poster.post(record, renderCard(card), { signal: this.#closing.signal });
    }
    const intervalMs = pacer.previewIntervalMs(this.#running.size);
    if (time.nowMs() - running.shownAtMs < intervalMs) return {};
    const call = { isPreview: true, signal: this.#closing.signal };
    try {
      const preview = place.isSpoiler === true ? undefined : await this.#uploadPreview(card);
      await poster.update(record, renderCard(card, { images: new Map(), preview }), call);
      const old = running.previewFileId;
      running.shownAtMs = time.nowMs();
      running.previewFileId = preview;
      if (old !== undefined) void uploader.remove([old], call);
    } catch (error) {
      if (!(error instanceof NoRoomError)) throw error;
    }
    return {};
  }

  async #uploadPreview(card: Card): Promise<string | undefined> {
    const { encoder, uploader, logger } = this.#options;
    if (card.preview === undefined) return undefined;
    const call = { isPreview: true, signal: this.#closing.signal };
    const sheet = Buffer.from(card.preview.base64, 'base64');
    const { previewSidePx } = SLACK_LIMITS;
    try {
      // Slack shows no WebP, and a small picture small.
      const { bytes } = await encoder.enlargePreview(sheet, previewSidePx, 'image/jpeg');
      const file = { bytes, name: 'preview.jpg', altText: `Preview of: ${card.title}` };
      const [fileId] = await uploader.upload([file], call);
      return fileId;
    } catch (error) {
      if (error instanceof NoRoomError) throw error;
      // The words are worth an edit of their own.
      logger.warn({ jobId: card.jobId, err: error }, 'a preview could not be uploaded');
      return undefined;
    }
  }

  async #showFinal(record: JobRecord, card: Card): Promise<PlaceChanges> {
    const { uploader, logger } = this.#options;
    const preview = this.#running.get(record.id)?.previewFileId;
    // What was drawn so far is all there is of a canceled job.
    const kept = card.status === 'canceled' ? preview : undefined;
    const message = await this.#renderFinal(card, kept);
    const changes = await this.#deliverFinal(record, message, card);
    this.#running.delete(record.id);
    if (preview !== undefined && kept === undefined) void uploader.remove([preview]);
    this.#announce({ ...record, place: { ...record.place, ...changes } }, card).catch(
      (error: unknown) =>
        logger.warn({ jobId: record.id, err: error }, 'a result was not announced'),
    );
    return changes;
  }

  async #renderFinal(card: Card, preview?: string, isSmaller = false): Promise<SlackMessage> {
    const indices = card.images.map(({ index }) => index);
    try {
      const images = await this.#uploadImages(card, indices, { isSmaller });
      const shown = isSmaller ? withNote(card, toSmallerNote(card)) : card;
      return renderCard(shown, { images, preview });
    } catch (error) {
      const code = codeOf(error) ?? '';
      if (TOO_LARGE.has(code) && !isSmaller) {
        return this.#renderFinal(card, preview, true);
      }
      if (!TOO_LARGE.has(code) && !NO_STORAGE.has(code)) throw error;
      return renderCard(withNote(card, toStorageNote(card, code)));
    }
  }

  async #deliverFinal(record: JobRecord, message: SlackMessage, card: Card): Promise<PlaceChanges> {
    const { poster, logger } = this.#options;
    const { signal } = this.#closing;
    if (isEphemeral(record)) return this.#showEphemeral(record, message, true);
    try {
      return await poster.deliver(record, message, signal);
    } catch (error) {
      const code = codeOf(error);
      if (code === undefined || !MALFORMED.has(code)) throw error;
      logger.error({ jobId: record.id, err: error }, 'Slack did not like a card');
      return poster.deliver(record, renderPlainCard(card), signal);
    }
  }

  /** At the start and at the end; by the response_url, else by the Web API, else as a direct message. */
  async #showEphemeral(
    record: JobRecord,
    message: SlackMessage,
    isFinal: boolean,
  ): Promise<PlaceChanges> {
    const { responder, poster } = this.#options;
    if (!isFinal && record.place.messageId !== undefined) return {};
    const done = { messageId: EPHEMERAL };
    if (await responder.respond(record.place, message)) return done;
    try {
      await poster.postEphemeral(record, message);
      return done;
    } catch (error) {
      if (codeOf(error) === undefined) throw error;
      return poster.postDirectly(record, message);
    }
  }

  /** Each picture is uploaded once, however often its card is shown. */
  async #uploadImages(
    card: Card,
    indices: readonly number[],
    { isSmaller = false, ...call }: CallOptions & { isSmaller?: boolean } = {},
  ): Promise<Map<number, string>> {
    const { uploader } = this.#options;
    const missing = await Promise.all(
      indices
        .filter((index) => !this.#fileIds.has(toKey(card.jobId, index)))
        .map(async (index) => ({ index, file: await this.#readImage(card, index, isSmaller) })),
    );
    const files = missing.flatMap(({ index, file }) => {
      const altText = card.images.find((image) => image.index === index)?.altText ?? card.title;
      if (file === undefined) return [];
      const name = `${card.jobId}-${index + 1}.${EXTENSIONS[file.mediaType]}`;
      return [{ index, file: { bytes: file.bytes, name, altText } }];
    });
    const fileIds = await uploader.upload(
      files.map(({ file }) => file),
      { signal: this.#closing.signal, ...call },
    );
    for (const [place, { index }] of files.entries()) {
      const fileId = fileIds[place];
      if (fileId !== undefined) this.#remember(toKey(card.jobId, index), fileId);
    }
    return new Map(
      indices.flatMap((index) => {
        const fileId = this.#fileIds.get(toKey(card.jobId, index));
        return fileId === undefined ? [] : [[index, fileId] as const];
      }),
    );
  }

  /** As Slack can show it: a WebP becomes a JPEG. */
  async #readImage(
    card: Card,
    index: number,
    isSmaller: boolean,
  ): Promise<{ bytes: Uint8Array; mediaType: keyof typeof EXTENSIONS } | undefined> {
    const { findImage, encoder } = this.#options;
    const bytes = await findImage(card.jobId, index);
    const mediaType = card.images.find((image) => image.index === index)?.mediaType ?? 'image/png';
    if (bytes === undefined) return undefined;
    if (!isSmaller && mediaType !== 'image/webp') return { bytes, mediaType };
    // How much is allowed is not told: half as much, and never more than a phone likes.
    const bytesMax = Math.min(SLACK_LIMITS.smallerPictureBytes, bytes.byteLength / 2);
    return encoder.shrinkPicture(bytes, bytesMax, 'image/jpeg');
  }

  #remember(key: string, fileId: string): void {
    this.#fileIds.set(key, fileId);
    const [oldest] = this.#fileIds.keys();
    if (this.#fileIds.size > SLACK_LIMITS.rememberedFiles && oldest !== undefined) {
      this.#fileIds.delete(oldest);
    }
  }

  async #announce(record: JobRecord, card: Card): Promise<void> {
    if (isEphemeral(record) || card.status === 'canceled') return;
    if (this.#options.time.nowMs() - card.createdAtMs < SLACK_LIMITS.announceAfterMs) return;
    const text =
      card.status === 'succeeded'
        ? 'Your pictures are ready.'
        : 'This could not be drawn; see above.';
    await this.#options.poster.announce(record, text);
  }
}

const withNote = (card: Card, note: string): Card => ({ ...card, notes: [...card.notes, note] });
const toSmallerNote = ({ images }: Card): string =>
  `Slack took no larger file here, so ${images.length === 1 ? 'this is a smaller copy' : 'these are smaller copies'}; the bot keeps the full ${images.length === 1 ? 'picture' : 'pictures'}.`;
const toStorageNote = ({ jobId }: Card, code: string): string =>
  `Slack takes no files here (${code}), and the bot keeps the pictures: make room in the workspace, then type /imagine-bot show ${jobId}.`;
const toKey = (jobId: JobId, index: number): string => `${jobId}/${index}`;

/** In direct messages nobody else looks on: an ordinary message is as private and can be edited. */
function isEphemeral({ place }: JobRecord): boolean {
  return place.isPrivate === true && !isDirectChannel(place.channelId);
}

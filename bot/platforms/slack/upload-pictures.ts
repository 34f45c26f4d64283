/**
 * Pictures into Slack: an address for each, the bytes, one completion for all, and then waiting until Slack can show
 * them. A file that is not processed yet makes the whole message fail (slackapi/python-slack-sdk#1521 and others).
 * https://docs.slack.dev/messaging/working-with-files
 */
import * as z from 'zod';
import type { PacerTime } from './call-pacer.ts';
import { cut } from './format-text.ts';
import { SLACK_LIMITS } from './limits.ts';
import type { CallOptions, SlackApi } from './web-api.ts';

interface PictureFile {
  /** A PNG, JPEG or GIF: Slack shows no other. */
  bytes: Uint8Array;
  name: string;
  altText: string;
}

export interface UploadOptions {
  api: SlackApi;
  time: PacerTime;
  fetch: typeof fetch;
}

const addressSchema = z.looseObject({ upload_url: z.url(), file_id: z.string().min(1) });
const anythingSchema = z.looseObject({});
const infoSchema = z.looseObject({ file: z.looseObject({ mimetype: z.string().nullish() }) });
const POLL_MS = { first: 400, longest: 4_000 };

export interface PictureUploader {
  /** The files' ids, in the order given, once blocks may show them. */
  upload(files: readonly PictureFile[], call?: CallOptions): Promise<string[]>;
  /** Removes files; what cannot be removed is left. */
  remove(fileIds: readonly string[], call?: CallOptions): Promise<void>;
}

export function createPictureUploader({ api, time, fetch }: UploadOptions): PictureUploader {
  async function send(file: PictureFile, call: CallOptions): Promise<string> {
    const { upload_url: url, file_id: fileId } = await api.call(
      'files.getUploadURLExternal',
      addressSchema,
      {
        filename: file.name,
        length: file.bytes.byteLength,
        alt_txt: cut(file.altText, SLACK_LIMITS.fileAltTextCharacters),
      },
      call,
    );
    // The address is the permission: the bot's token has no business there.
    const response = await fetch(url, {
      method: 'POST',
      body: new Uint8Array(file.bytes),
      headers: { 'content-type': 'application/octet-stream' },
      redirect: 'error',
      signal: AbortSignal.timeout(SLACK_LIMITS.uploadTimeoutMs),
    });
    await response.body?.cancel();
    if (!response.ok) throw new Error(`Slack took no picture: it answered ${response.status}`);
    return fileId;
  }

  /** A file has its type as soon as Slack has looked at it. */
  async function waitUntilShown(fileId: string, call: CallOptions): Promise<void> {
    const giveUpAtMs = time.nowMs() + SLACK_LIMITS.processingTimeoutMs;
    let pauseMs = POLL_MS.first;
    for (;;) {
      const { file } = await api.call('files.info', infoSchema, { file: fileId }, call);
      if (file.mimetype) return;
      if (time.nowMs() > giveUpAtMs) throw new Error('Slack did not process a picture in time');
      await time.sleep(pauseMs, call.signal);
      pauseMs = Math.min(pauseMs * 2, POLL_MS.longest);
    }
  }

  return {
    async upload(files, call = {}) {
      if (files.length === 0) return [];
      const ids = await Promise.all(files.map((file) => send(file, call)));
      await api.call(
        'files.completeUploadExternal',
        anythingSchema,
        { files: ids.map((id, index) => ({ id, title: files[index]?.name })) },
        call,
      );
      await time.sleep(POLL_MS.first, call.signal);
      await Promise.all(ids.map((id) => waitUntilShown(id, call)));
      return ids;
    },
    async remove(fileIds, call = {}) {
      await Promise.allSettled(
        fileIds.map((file) => api.call('files.delete', anythingSchema, { file }, call)),
      );
    },
  };
}

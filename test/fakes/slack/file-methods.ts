/**
 * Uploads in Slack's current way: an address, the bytes, the completion, and then a while until the file is usable.
 * https://docs.slack.dev/messaging/working-with-files
 */
import * as z from 'zod';
import { ApiError, need, openChannel, parseJson, type ApiMethod } from './api-call.ts';
import type { SlackFile, SlackWorkspace } from './workspace.ts';

const completedSchema = z
  .array(z.strictObject({ id: z.string(), title: z.string().optional() }))
  .min(1);

export interface FileOptions {
  /** Where bytes are sent: the fake's own address. */
  uploadUrl: (fileId: string) => string;
  downloadUrl: (fileId: string) => string;
  /** From the completion until a block may show the file. */
  processingMs: () => number;
}

export function createFileMethods(
  workspace: SlackWorkspace,
  options: FileOptions,
): Record<string, ApiMethod> {
  const find = (id: string): SlackFile => {
    const file = workspace.files.get(id);
    if (file === undefined) throw new ApiError('file_not_found');
    return file;
  };
  return {
    'files.upload': () => {
      workspace.violate('files.upload is retired');
      throw new ApiError('method_deprecated');
    },
    'files.getUploadURLExternal': (call) => {
      const length = Number(need(call, 'length'));
      if (!Number.isInteger(length) || length < 1) throw new ApiError('invalid_arguments');
      if (length > workspace.fileBytesMax) throw new ApiError('file_upload_size_restricted');
      const altText = call['alt_txt'] ?? call['alt_text'] ?? '';
      if (altText.length > 1_000) workspace.violate('alt text of a file is over 1000 characters');
      const id = workspace.nextId('F');
      workspace.files.set(id, {
        id,
        name: need(call, 'filename'),
        ownerId: workspace.botUserId,
        mimetype: '',
        altText,
        bytes: undefined,
        declaredLength: length,
        isCompleted: false,
        processedAtMs: Number.POSITIVE_INFINITY,
        channels: new Set(),
      });
      return { file_id: id, upload_url: options.uploadUrl(id) };
    },
    'files.completeUploadExternal': (call) => {
      const named = completedSchema.safeParse(parseJson(need(call, 'files')));
      if (!named.success) throw new ApiError('invalid_arguments');
      const channelId = call['channel_id'];
      const channel = channelId === undefined ? undefined : openChannel(workspace, channelId);
      const files = named.data.map(({ id }) => find(id));
      if (files.some(({ bytes }) => bytes === undefined)) throw new ApiError('file_not_found');
      for (const file of files) {
        file.isCompleted = true;
        file.processedAtMs = workspace.clock.nowMs() + options.processingMs();
        if (channel !== undefined) file.channels.add(channel.id);
      }
      return { files: files.map(({ id, name }) => ({ id, title: name })) };
    },
    'files.info': (call) => ({ file: describe(find(need(call, 'file'))) }),
    'files.delete': (call) => {
      const file = find(need(call, 'file'));
      if (file.ownerId !== workspace.botUserId) throw new ApiError('cant_delete_file');
      workspace.files.delete(file.id);
      return {};
    },
  };

  /** As reports show it: a file that is not processed has no type yet (slackapi/java-slack-sdk#1349). */
  function describe(file: SlackFile): Record<string, unknown> {
    const isReady = file.isCompleted && workspace.clock.nowMs() >= file.processedAtMs;
    return {
      id: file.id,
      name: file.name,
      mimetype: isReady ? file.mimetype : '',
      filetype: isReady ? file.mimetype.slice('image/'.length) : '',
      size: file.bytes?.length ?? 0,
      user: file.ownerId,
      channels: [...file.channels],
      url_private: options.downloadUrl(file.id),
      url_private_download: options.downloadUrl(file.id),
    };
  }
}

/** What the first bytes say; the name is not believed. */
export function sniffMimetype(bytes: Buffer): string {
  const head = bytes.subarray(0, 12).toString('latin1');
  if (head.startsWith('\u0089PNG')) return 'image/png';
  if (head.startsWith('\u00ff\u00d8\u00ff')) return 'image/jpeg';
  if (head.startsWith('GIF8')) return 'image/gif';
  if (head.startsWith('RIFF') && head.slice(8) === 'WEBP') return 'image/webp';
  return 'application/octet-stream';
}

/** One call of the Web API as the fake's methods see it, and how they refuse. */
import * as z from 'zod';
import { homeSchema, messageBlocksSchema, modalSchema } from './block-schemas.ts';
import type { SlackChannel, SlackWorkspace } from './workspace.ts';
import { countCharacters, MESSAGE_BLOCK_CHARACTERS_MAX, VIEW_BYTES_MAX } from './block-schemas.ts';

/** Arguments as they came: texts, where structures are JSON. */
export type ApiArguments = Readonly<Record<string, string>>;
export type ApiMethod = (call: ApiArguments) => Record<string, unknown>;

/** Slack's `{"ok": false, "error": …}`. */
export class ApiError extends Error {
  readonly code: string;
  readonly details: readonly string[];

  constructor(code: string, details: readonly string[] = []) {
    super(code);
    this.code = code;
    this.details = details;
  }
}

export function need(call: ApiArguments, name: string): string {
  const value = call[name];
  if (value === undefined || value === '') throw new ApiError('invalid_arguments', [name]);
  return value;
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ApiError('invalid_json');
  }
}

/** The channel that the bot may write to; a person's id stands for their direct messages. */
export function openChannel(workspace: SlackWorkspace, id: string): SlackChannel {
  if (workspace.users.has(id)) return workspace.directMessages(id);
  const channel = workspace.channels.get(id);
  const isHidden = channel?.kind !== 'public' && !channel?.members.has(workspace.botUserId);
  if (channel === undefined || isHidden) throw new ApiError('channel_not_found');
  if (!channel.members.has(workspace.botUserId)) throw new ApiError('not_in_channel');
  return channel;
}

/** The blocks of a message, checked against every documented limit. Breaking one is a violation. */
export function checkMessage(
  workspace: SlackWorkspace,
  call: ApiArguments,
): { text: string; blocks: Record<string, unknown>[] } {
  const text = call['text'] ?? '';
  if (call['blocks'] === undefined && text === '') throw new ApiError('no_text');
  // https://docs.slack.dev/changelog/2018-truncating-really-long-messages
  if (text.length > 40_000) throw breach(workspace, 'msg_too_long', ['text']);
  if (call['blocks'] === undefined) return { text, blocks: [] };
  if (text === '')
    workspace.violate('blocks without a text: screen readers and notifications need one');
  const blocks = parseJson(call['blocks']);
  checkShape(workspace, messageBlocksSchema, blocks);
  if (countCharacters(blocks) > MESSAGE_BLOCK_CHARACTERS_MAX) {
    throw breach(workspace, 'msg_blocks_too_long', [`${countCharacters(blocks)} characters`]);
  }
  checkFiles(workspace, blocks);
  return { text, blocks: blocks as Record<string, unknown>[] };
}

export function checkView(
  workspace: SlackWorkspace,
  json: string,
  kind: 'modal' | 'home',
): Record<string, unknown> {
  const view = parseJson(json);
  if (Buffer.byteLength(json) > VIEW_BYTES_MAX) throw breach(workspace, 'view_too_large', []);
  checkShape(workspace, kind === 'modal' ? modalSchema : homeSchema, view);
  checkFiles(workspace, view);
  return view as Record<string, unknown>;
}

function checkShape(workspace: SlackWorkspace, schema: z.ZodType, value: unknown): void {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw breach(workspace, 'invalid_blocks', [z.prettifyError(parsed.error)]);
}

/** A file may be shown once it is complete and processed, and only if it is a picture Slack can show. */
function checkFiles(workspace: SlackWorkspace, value: unknown): void {
  if (Array.isArray(value)) {
    for (const part of value) checkFiles(workspace, part);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  const { slack_file: named } = value as { slack_file?: { id?: string } };
  if (named !== undefined) checkFile(workspace, named.id ?? '');
  for (const part of Object.values(value)) checkFiles(workspace, part);
}

function checkFile(workspace: SlackWorkspace, id: string): void {
  const file = workspace.files.get(id);
  if (file === undefined) throw new ApiError('invalid_blocks', [`no file ${id}`]);
  if (!file.isCompleted || workspace.clock.nowMs() < file.processedAtMs) {
    throw breach(workspace, 'invalid_blocks', [`file ${id} is shown before it was processed`]);
  }
  if (!['image/png', 'image/jpeg', 'image/gif'].includes(file.mimetype)) {
    throw breach(workspace, 'invalid_blocks', [`file ${id} is ${file.mimetype}`]);
  }
}

function breach(workspace: SlackWorkspace, code: string, details: readonly string[]): ApiError {
  workspace.violate(`${code}: ${details.join('; ')}`);
  return new ApiError(code, details);
}

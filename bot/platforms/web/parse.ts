/** What the page sends, parsed once: bodies, queries, and a line of chat into a command. */
import { describeIssue } from '#contract/describe-issue.ts';
import { jobIdSchema } from '#contract/job.ts';
import * as z from 'zod';
import { COMMAND_NAMES, type CommandName } from '../../core/command-names.ts';
import { WEB_LIMITS } from './limits.ts';

const deliveryId = z
  .string()
  .regex(/^[A-Za-z0-9_-]+$/, 'it must be letters, digits, _ or - only')
  .min(8)
  .max(WEB_LIMITS.deliveryIdCharacters);
const text = z.string().max(WEB_LIMITS.messageCharacters);

export const messageBodySchema = z.strictObject({ text, deliveryId });
export const actionBodySchema = z.strictObject({
  actionId: z.string().min(1).max(WEB_LIMITS.actionIdCharacters),
  deliveryId,
});
/** The text after `/imagine ` and the cursor's offset in it, in UTF-16 units as a browser counts. */
export const completionBodySchema = z.strictObject({
  text,
  cursor: z.int().min(0).max(WEB_LIMITS.messageCharacters),
});

export const historyQuerySchema = z.strictObject({
  before: z.coerce.number().int().min(0).optional(),
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(WEB_LIMITS.historyPage.max)
    .default(WEB_LIMITS.historyPage.default),
});

export const galleryQuerySchema = z.strictObject({
  cursor: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(WEB_LIMITS.historyPage.max).default(24),
});

/** keep: to start from later. The others do it at once. */
export const uploadQuerySchema = z.strictObject({
  use: z.enum(['keep', 'show', 'upscale', 'vary']),
  role: z.enum(['image', 'mask']).default('image'),
  name: z.string().min(1).max(255).default('The file'),
  deliveryId,
});

/** Letters, digits and single dashes: nothing that a header or a file system could take for more. */
const downloadName = z
  .string()
  .regex(/^[\p{L}\p{M}\p{N}]+(-[\p{L}\p{M}\p{N}]+)*$/u)
  .max(WEB_LIMITS.downloadNameCharacters + 20);

export const pictureAddressSchema = z.object({
  jobId: jobIdSchema,
  index: z.coerce.number().int().min(0).max(99),
  name: downloadName.optional(),
  /** Of an archive's pictures, in order. */
  seeds: z
    .string()
    .regex(/^\d{1,10}(\.\d{1,10}){0,99}$/)
    .transform((list) => list.split('.'))
    .optional(),
});

export type ParsedBody<T> = { kind: 'body'; value: T } | { kind: 'refused'; message: string };

/** A JSON text as a value of the schema, or one sentence about its first mistake. */
export function parseBody<T>(schema: z.ZodType<T>, json: string): ParsedBody<T> {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return { kind: 'refused', message: 'The body is not valid JSON.' };
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return { kind: 'body', value: parsed.data };
  return { kind: 'refused', message: describeIssue(parsed.error, value, 'The request') };
}

export type ChatLine =
  | { kind: 'command'; name: CommandName; text: string }
  | { kind: 'refused'; message: string };

/** A line as a person typed it into the channel. */
export function parseChatLine(line: string): ChatLine {
  const match = /^\s*\/([A-Za-z]*)(?:\s+([\s\S]*))?$/.exec(line);
  if (match === null) {
    const isEmpty = line.trim() === '';
    const message = isEmpty
      ? 'Type what to draw, such as /imagine a red apple.'
      : 'Messages here are commands: put /imagine in front of what you want to see.';
    return { kind: 'refused', message };
  }
  const name = (match[1] ?? '').toLowerCase();
  const rest = (match[2] ?? '').trim();
  const command = COMMAND_NAMES.find((candidate) => candidate === name);
  if (command !== undefined) return { kind: 'command', name: command, text: rest };
  const known = COMMAND_NAMES.map((known) => `/${known}`).join(', ');
  const shown = name.length > 40 ? `${name.slice(0, 40)}…` : name;
  return { kind: 'refused', message: `There is no command /${shown}; there are ${known}.` };
}

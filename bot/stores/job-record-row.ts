/** A job record as a row: what queries ask for in columns of its own, everything else as JSON, parsed when read. */
import * as z from 'zod';
import { requestSchema } from '#contract/generation-request.ts';
import type { Timings } from '#contract/generation-result.ts';
import { isTerminal, jobStateSchema } from '#contract/job-state.ts';
import { jobIdSchema } from '#contract/job.ts';
import { ACTION_NAMES } from '../core/action.ts';
import type { JobRecord } from '../core/ports.ts';

const placeSchema = z.strictObject({
  platform: z.enum(['web', 'terminal', 'discord', 'slack']),
  channelId: z.string(),
  spaceId: z.string().optional(),
  threadId: z.string().optional(),
  messageId: z.string().optional(),
  replyToken: z.string().optional(),
  replyTokenExpiresAtMs: z.number().optional(),
  isFollowUp: z.boolean().optional(),
  isDirect: z.boolean().optional(),
  isAgeRestricted: z.boolean().optional(),
  isPrivate: z.boolean().optional(),
  isSpoiler: z.boolean().optional(),
  attachmentBytesMax: z.number().optional(),
});

const lineageSchema = z.strictObject({
  jobId: jobIdSchema,
  index: z.int().min(0),
  action: z.enum(ACTION_NAMES),
});

function json<T extends z.ZodType>(schema: T) {
  return z
    .string()
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text);
      } catch {
        context.addIssue({ code: 'custom', message: 'is not JSON' });
        return z.NEVER;
      }
    })
    .pipe(schema);
}

const rowSchema = z.object({
  id: jobIdSchema,
  request: json(requestSchema),
  command: z.string(),
  user_id: z.string(),
  user_name: z.string(),
  place: json(placeSchema),
  lineage: json(lineageSchema).nullable(),
  created_at_ms: z.number(),
  updated_at_ms: z.number(),
  answered_at_ms: z.number().nullable(),
  state: json(jobStateSchema),
});

/** Throws a ZodError for a row that this version cannot read. */
export function parseRow(row: unknown): JobRecord {
  const parsed = rowSchema.parse(row);
  return {
    id: parsed.id,
    request: parsed.request,
    command: parsed.command,
    user: { id: parsed.user_id, name: parsed.user_name },
    place: parsed.place,
    lineage: parsed.lineage ?? undefined,
    createdAtMs: parsed.created_at_ms,
    updatedAtMs: parsed.updated_at_ms,
    state: parsed.state,
    answeredAtMs: parsed.answered_at_ms ?? undefined,
  };
}

/** Named parameters of the statements that write a record. */
export function toRow(record: JobRecord): Record<string, string | number | null> {
  return {
    id: record.id,
    platform: record.place.platform,
    channel_id: record.place.channelId,
    user_id: record.user.id,
    user_name: record.user.name,
    command: record.command,
    request: JSON.stringify(record.request),
    place: JSON.stringify(record.place),
    lineage: record.lineage === undefined ? null : JSON.stringify(record.lineage),
    state: JSON.stringify(record.state),
    is_ended: isTerminal(record.state) ? 1 : 0,
    work_ms: toWorkMs(record) ?? null,
    created_at_ms: record.createdAtMs,
    updated_at_ms: record.updatedAtMs,
    answered_at_ms: record.answeredAtMs ?? null,
  };
}

/** Milliseconds of work on a job that drew pictures, queue left out; undefined for all other jobs. */
export function toWorkMs({ request, state }: JobRecord): number | undefined {
  if (request.kind !== 'generate' || state.status !== 'succeeded') return undefined;
  const { loadModelMs, encodePromptMs, denoiseMs, decodeMs, encodeImageMs }: Timings =
    state.result.timings;
  return loadModelMs + encodePromptMs + denoiseMs + decodeMs + encodeImageMs;
}

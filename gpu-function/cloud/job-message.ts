/** What travels through the queues on AWS: pointers into the run table, small and harmless to repeat. */
import * as z from 'zod';
import { jobIdSchema, type JobId } from '#contract/job.ts';

/** A job to be drawn; everything else about it is in the run table under its id. */
const jobMessageSchema = z.strictObject({ version: z.literal(1), jobId: jobIdSchema });

/** Something new stands in the job's log, up to this number at least; 0 = the job was accepted. */
const pingSchema = z.strictObject({
  version: z.literal(1),
  jobId: jobIdSchema,
  sequence: z.int().min(0),
});
type Ping = z.infer<typeof pingSchema>;

export function formatJobMessage(jobId: JobId): string {
  return JSON.stringify({ version: 1, jobId });
}

export function formatPing(jobId: JobId, sequence: number): string {
  return JSON.stringify({ version: 1, jobId, sequence });
}

/** The job's id, or undefined for what nobody of this project sent. */
export function parseJobMessage(body: string | undefined): JobId | undefined {
  return parse(body, jobMessageSchema)?.jobId;
}

export function parsePing(body: string | undefined): Ping | undefined {
  return parse(body, pingSchema);
}

function parse<Schema extends z.ZodType>(
  body: string | undefined,
  schema: Schema,
): z.output<Schema> | undefined {
  try {
    return schema.safeParse(JSON.parse(body ?? '')).data;
  } catch {
    return undefined;
  }
}

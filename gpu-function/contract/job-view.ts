/** A job as `GET /jobs/{id}` shows it. */
import * as z from 'zod';
import { jobStateSchema } from './job-state.ts';
import { jobIdSchema } from './job.ts';

export const jobViewSchema = z.strictObject({
  id: jobIdSchema,
  state: jobStateSchema,
  submittedAtMs: z.number(),
  /** Number of the newest event, see `GET /jobs/{id}/events`. */
  sequence: z.int().min(0),
});
export type JobView = z.infer<typeof jobViewSchema>;

/** A request that was accepted, under an id made by the caller, so that sending it twice is the same job. */
import * as z from 'zod';
import { requestSchema } from './generation-request.ts';
import { LIMITS } from './limits.ts';

/** Safe as a file name, a URL segment and a part of a button's id. */
export const jobIdSchema = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, 'it must be 1 to 64 letters, digits, _ or -');
export type JobId = z.infer<typeof jobIdSchema>;

/** The body of `PUT /jobs/{id}`. */
export const jobSubmissionSchema = z.strictObject({
  request: requestSchema,
  /** Jobs are taken from the queue in turn by owner, so that one person cannot starve the others. */
  owner: z.string().min(1).max(LIMITS.ownerCharacters).default('anonymous'),
});
type JobSubmission = z.infer<typeof jobSubmissionSchema>;

export interface Job extends JobSubmission {
  id: JobId;
}

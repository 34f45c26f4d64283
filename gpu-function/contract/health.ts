/** How the GPU function is, in the words of replicate/cog. Always HTTP 200: the state is in the body. */
import * as z from 'zod';

export const healthSchema = z.strictObject({
  /** STARTING: engine not up yet. BUSY: at least one job runs. DEFUNCT: the engine keeps dying. */
  status: z.enum(['STARTING', 'READY', 'BUSY', 'SETUP_FAILED', 'DEFUNCT']),
  contractVersion: z.literal(1),
  /** One sentence when the status is SETUP_FAILED or DEFUNCT. */
  reason: z.string().optional(),
  engineProcessId: z.int().optional(),
  loadedModelId: z.string().optional(),
  executionProvider: z.enum(['cpu', 'cuda']).optional(),
  jobsRunning: z.int().min(0),
  jobsQueued: z.int().min(0),
  uptimeMs: z.number(),
  engineStartMs: z.number().optional(),
});
export type Health = z.infer<typeof healthSchema>;

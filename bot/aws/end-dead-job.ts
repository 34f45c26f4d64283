/** What becomes of a message that was delivered too often: its job ends with a sentence, unless it is being drawn. */
import { parseJobMessage } from '../../gpu-function/cloud/job-message.ts';
import type { RunTable } from '../../gpu-function/cloud/run-table.ts';
import type { JobId } from '#contract/job.ts';
import type { Logger } from '../core/ports.ts';

export interface DeadJobOptions {
  table: RunTable;
  ping: (jobId: JobId, sequence: number) => Promise<void>;
  requeue: (jobId: JobId, owner: string, afterMs: number) => Promise<void>;
  nowMs: () => number;
  logger: Logger;
}

export async function endDeadJob(body: string, options: DeadJobOptions): Promise<void> {
  const { table, ping, requeue, nowMs, logger } = options;
  const jobId = parseJobMessage(body);
  const head = jobId === undefined ? undefined : await table.head(jobId);
  if (jobId === undefined || head === undefined) {
    // Nobody waits for it: no person's command makes such a message.
    logger.error({ characters: body.length }, 'a dead message is no job');
    return;
  }
  const last = await table.last(jobId);
  const sequence = (last?.event.sequence ?? 0) + 1;
  if (last?.event.type === 'job-end') return ping(jobId, sequence - 1);
  const heldForMs = head.leaseUntilMs - nowMs();
  // Deliveries of a message whose first one is still at work count too.
  if (heldForMs > 0) return requeue(jobId, head.owner, heldForMs);
  const error = {
    code: 'engine-crashed',
    message:
      'No machine could draw this, however often it was tried; press Retry to try once more, or ask for less.',
    isRetryable: true,
  } as const;
  const end = { type: 'job-end', outcome: { status: 'failed', error } } as const;
  if (!(await table.append(jobId, sequence, end, head.attempt))) {
    throw new Error(`somebody wrote to the log of ${jobId} meanwhile`);
  }
  await ping(jobId, sequence);
}

/** How much one person may ask for. Pure: the caller counts. */
import type { ServicePolicy } from './service-policy.ts';

export interface Usage {
  /** Jobs of this person that have not ended. */
  openJobs: number;
  /** When this person's latest jobs were accepted. */
  acceptedAtMs: readonly number[];
  nowMs: number;
}

export const QUOTA_WINDOW_MS = 60_000;

/** The sentence of refusal, or undefined when one more job is fine. */
export function checkQuota(usage: Usage, policy: ServicePolicy): string | undefined {
  if (usage.openJobs >= policy.openJobsPerUser) {
    const jobs = policy.openJobsPerUser === 1 ? 'job' : 'jobs';
    return `You have ${usage.openJobs} ${jobs} waiting or drawing, which is as many as one person may have; wait for one or cancel one.`;
  }
  const recent = usage.acceptedAtMs.filter((atMs) => usage.nowMs - atMs < QUOTA_WINDOW_MS);
  if (recent.length < policy.jobsPerUserPerMinute) return undefined;
  const freeInMs = Math.min(...recent) + QUOTA_WINDOW_MS - usage.nowMs;
  return `You started ${recent.length} jobs in the last minute, which is as many as one person may; try again in ${Math.ceil(freeInMs / 1_000)} s.`;
}

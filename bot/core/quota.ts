/** How much one person may ask for. Pure: the caller counts. */
import { formatNumber } from './format-number.ts';
import type { User } from './ports.ts';
import type { PartialQuota, Quota, SpacePolicy } from './settings.ts';

export interface Usage {
  /** Jobs of this person that have not ended. */
  openJobs: number;
  /** When this person's latest jobs were accepted. */
  acceptedAtMs: readonly number[];
  /** Jobs accepted since midnight UTC. */
  jobsToday: number;
  nowMs: number;
}

/** Quotas of roles by their ids; `moderator` stands for everybody who may moderate. */
export type RoleQuotas = Readonly<Record<string, PartialQuota>>;

export const QUOTA_WINDOW_MS = 60_000;
const MODERATOR = 'moderator';
const FIELDS = ['runningJobs', 'openJobs', 'jobsPerMinute', 'jobsPerDay'] as const;

/** The most that any of the person's roles gives, the common quota included; a space may lower it and never raise it. */
export function toQuota(
  common: Quota,
  roleQuotas: RoleQuotas,
  user: User,
  space: SpacePolicy,
): Quota {
  const roles = [...(user.roleIds ?? []), ...(user.isModerator ? [MODERATOR] : [])];
  const granted = roles.flatMap((role) => {
    const quota = Object.hasOwn(roleQuotas, role) ? roleQuotas[role] : undefined;
    return quota === undefined ? [] : [quota];
  });
  const quota = { ...common };
  for (const field of FIELDS) {
    const most = Math.max(common[field], ...granted.map((given) => given[field] ?? 0));
    quota[field] = Math.min(most, space.quota?.[field] ?? most);
  }
  return quota;
}

/** The sentence of refusal, or undefined when `jobs` more jobs are fine. */
export function checkQuota(usage: Usage, quota: Quota, jobs = 1): string | undefined {
  if (jobs > Math.min(quota.openJobs, quota.jobsPerMinute, quota.jobsPerDay)) {
    return `This makes ${formatNumber(jobs)} jobs, which is more than one person may have; ask for fewer at once.`;
  }
  if (usage.openJobs + jobs > quota.openJobs) {
    return `You have ${toJobs(usage.openJobs)} waiting or drawing, ${toLimit(usage.openJobs, quota.openJobs)} may have; wait for one or cancel one.`;
  }
  const recent = usage.acceptedAtMs.filter((atMs) => usage.nowMs - atMs < QUOTA_WINDOW_MS);
  if (recent.length + jobs > quota.jobsPerMinute) {
    const freeInMs = Math.min(...recent, usage.nowMs) + QUOTA_WINDOW_MS - usage.nowMs;
    return `You started ${toJobs(recent.length)} in the last minute, ${toLimit(recent.length, quota.jobsPerMinute)} may; try again in ${Math.ceil(freeInMs / 1_000)} s.`;
  }
  if (usage.jobsToday + jobs > quota.jobsPerDay) {
    return `You started ${toJobs(usage.jobsToday)} today, ${toLimit(usage.jobsToday, quota.jobsPerDay)} may; go on after midnight UTC.`;
  }
  return undefined;
}

const toLimit = (used: number, limit: number): string =>
  used >= limit
    ? 'which is as many as one person'
    : `and ${formatNumber(limit)} is as many as one person`;
const toJobs = (count: number): string => `${formatNumber(count)} ${count === 1 ? 'job' : 'jobs'}`;

/** Double clicks: the same button, pressed by the same person within a short while, is one press – in any process. */
import * as z from 'zod';
import { jobIdSchema, type JobId } from '#contract/job.ts';
import { toJobId } from './job-id.ts';
import type { Clock, SettingsStore } from './ports.ts';
import type { ActionMessage } from './service.ts';

const pressSchema = z.strictObject({ jobId: jobIdSchema, atMs: z.number() });

export interface PressBookOptions {
  settingsStore: SettingsStore;
  clock: Clock;
  /** Presses closer together than this are one. */
  doublePressMs: number;
}

/** The id of the job that this press makes, or that the first click of a double click made. */
export async function toPressJobId(
  { place, user, actionId, deliveryId }: ActionMessage,
  { settingsStore, clock, doublePressMs }: PressBookOptions,
): Promise<JobId> {
  const own = toJobId(place.platform, deliveryId);
  const key = `press:${place.platform}:${user.id}:${actionId}`;
  const nowMs = clock.nowMs();
  const stored = await settingsStore.get(key);
  const earlier = pressSchema.safeParse(stored?.value).data;
  if (earlier !== undefined && nowMs - earlier.atMs < doublePressMs) return earlier.jobId;
  const condition = { expectedVersion: stored?.version ?? 0, expiresAtMs: nowMs + doublePressMs };
  if (await settingsStore.put(key, { jobId: own, atMs: nowMs }, condition)) return own;
  // The other click was faster by a hair.
  const winner = pressSchema.safeParse((await settingsStore.get(key))?.value).data;
  return winner?.jobId ?? own;
}

/** A button press: `<action>:<jobId>:<index>`. Everything else it needs is read from the store. */
import { jobIdSchema, type JobId } from '#contract/job.ts';

export const ACTION_NAMES = [
  'upscale',
  'vary',
  'reroll',
  'edit',
  'cancel',
  'retry',
  'delete',
] as const;
export type ActionName = (typeof ACTION_NAMES)[number];

export interface Action {
  name: ActionName;
  jobId: JobId;
  /** 0-based picture of the job; 0 where the action is for the whole job. */
  index: number;
}

export function formatAction(action: Action): string {
  return `${action.name}:${action.jobId}:${action.index}`;
}

/** The action of a button's id, or undefined when the text is not one of ours. */
export function parseAction(text: string): Action | undefined {
  const match = /^([a-z]+):([^:]+):(\d{1,2})$/.exec(text);
  const [, name, jobId, index] = match ?? [];
  const known = ACTION_NAMES.find((candidate) => candidate === name);
  if (known === undefined || !jobIdSchema.safeParse(jobId).success) return undefined;
  return { name: known, jobId: jobId as JobId, index: Number(index) };
}

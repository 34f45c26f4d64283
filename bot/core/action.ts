/** A button press: `<action>:<jobId>:<index>`. Everything else it needs is read from the store. */
import { jobIdSchema, type JobId } from '#contract/job.ts';

export const ACTION_NAMES = [
  // For one picture.
  'upscale',
  'upscale-4',
  'creative',
  'vary',
  'vary-subtle',
  'vary-strong',
  'zoom-1-5',
  'zoom-2',
  'zoom-custom',
  'pan-left',
  'pan-right',
  'pan-up',
  'pan-down',
  'region',
  'clip',
  // For the whole job.
  'reroll',
  'edit',
  'cancel',
  'retry',
  'delete',
  // For a command that waits until somebody says yes.
  'confirm',
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
  const match = /^([a-z0-9-]+):([^:]+):(\d{1,2})$/.exec(text);
  const [, name, jobId, index] = match ?? [];
  const known = ACTION_NAMES.find((candidate) => candidate === name);
  if (known === undefined || !jobIdSchema.safeParse(jobId).success) return undefined;
  return { name: known, jobId: jobId as JobId, index: Number(index) };
}

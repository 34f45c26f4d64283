/** The states of a job that a person can meet, one row each: every chat platform shows each of them. */

export const STATES = [
  'acknowledged',
  'queued',
  'cold starting',
  'running',
  'done',
  'failed',
  'too large',
  'filtered',
  'cancelled',
  'token expired',
  'restarted mid-job',
  'message deleted',
  'double click',
] as const;
type StateName = (typeof STATES)[number];

/** A test for every row: one that is missing is a mistake of types. */
export type StateTests = Readonly<Record<StateName, () => Promise<void>>>;

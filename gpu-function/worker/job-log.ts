/** The numbered events of one job: appended by the runner, read by any number of readers at their own pace. */
import type { JobEvent, JobEventBody } from '#contract/job-event.ts';
import {
  INITIAL_JOB_STATE,
  isTerminal,
  reduceJobState,
  type JobState,
} from '#contract/job-state.ts';
import type { JobId } from '#contract/job.ts';
import { createWakeUp, type WaitOptions } from './wake-up.ts';

/** Only this many of the newest previews are kept: who joins late needs the last one, not the film. */
export const PREVIEWS_KEPT = 16;

/** Room that an event takes apart from its preview, roughly, in bytes. */
const EVENT_BYTES = 400;

export interface JobLogOptions {
  jobId: JobId;
  /** Tells this log from one of the same job in another run of the function, see toEventId. */
  logId: string;
  nowMs: () => number;
}

export interface JobLog {
  readonly logId: string;
  readonly state: JobState;
  readonly hasEnded: boolean;
  /** Number of the newest event, 0 before the first. */
  readonly sequence: number;
  readonly sizeBytes: number;
  append(body: JobEventBody): void;
  /** The first event with a higher number, if it happened already. Places in the queue that are out of date are left out. */
  next(afterSequence: number): JobEvent | undefined;
  /** Resolves at the next append, after the timeout, or when the signal aborts; it never rejects. */
  changed(options: WaitOptions): Promise<void>;
}

export function createJobLog({ jobId, logId, nowMs }: JobLogOptions): JobLog {
  const events: JobEvent[] = [];
  const wakeUp = createWakeUp();
  let state = INITIAL_JOB_STATE;
  let sequence = 0;

  return {
    logId,
    get state() {
      return state;
    },
    get hasEnded() {
      return isTerminal(state);
    },
    get sequence() {
      return sequence;
    },
    get sizeBytes() {
      return events.reduce((sum, event) => sum + sizeOf(event), 0);
    },
    append(body) {
      if (isTerminal(state)) return;
      sequence += 1;
      const event: JobEvent = { ...body, jobId, sequence, atMs: nowMs() };
      state = reduceJobState(state, event);
      keep(events, event);
      wakeUp.wake();
    },
    next(afterSequence) {
      return events[events.findLastIndex((event) => event.sequence <= afterSequence) + 1];
    },
    changed: (options) => wakeUp.wait(options),
  };
}

/** What stands in an SSE `id:` line. */
export function toEventId(logId: string, sequence: number): string {
  return `${logId}-${sequence}`;
}

/** The number to go on after: 0 (the start) for a missing id, one of another log, or nonsense. */
export function parseEventId(logId: string, text: string | undefined): number {
  const [, id, digits] = /^([0-9a-z]+)-(\d{1,9})$/.exec(text ?? '') ?? [];
  return id === logId ? Number(digits) : 0;
}

/** Adds the event and drops what nobody needs any more, so that a log stays small however long the job is. */
function keep(events: JobEvent[], event: JobEvent): void {
  if (event.type === 'job-queued' && events.at(-1)?.type === 'job-queued') events.pop();
  events.push(event);
  if (event.type !== 'step-end' || event.preview === undefined) return;
  let previews = 0;
  for (let index = events.length - 1; index >= 0; index -= 1) {
    const older = events[index];
    if (older?.type !== 'step-end' || older.preview === undefined) continue;
    previews += 1;
    if (previews > PREVIEWS_KEPT) {
      const { preview: _dropped, ...rest } = older;
      events[index] = rest;
      return;
    }
  }
}

function sizeOf(event: JobEvent): number {
  const preview = event.type === 'step-end' ? event.preview : undefined;
  return EVENT_BYTES + (preview?.base64.length ?? 0);
}

/** A job while the bot follows it. */
import type { JobRecord } from './ports.ts';

export interface LiveJob {
  record: JobRecord;
  trouble: string | undefined;
  /** Ends the following, for a cancel, a delete or the end of the bot. */
  following: AbortController;
  /** Settles when the follower has stopped; never rejects. */
  followed: Promise<void>;
  /** Saves of one job are done one after the other, so that none overtakes the last. */
  saving: Promise<void>;
  savedAtMs: number;
  /** Set once, by whoever ends the job first. */
  isEnded: boolean;
  isRemoved: boolean;
  /** The message or channel of the card is gone. */
  isUnplaced: boolean;
  /** Resolves when the end was saved and shown. */
  finished: PromiseWithResolvers<void>;
}

export function createLiveJob(record: JobRecord, nowMs: number): LiveJob {
  return {
    record,
    trouble: undefined,
    following: new AbortController(),
    followed: Promise.resolve(),
    saving: Promise.resolve(),
    savedAtMs: nowMs,
    isEnded: false,
    isRemoved: false,
    isUnplaced: false,
    finished: Promise.withResolvers(),
  };
}

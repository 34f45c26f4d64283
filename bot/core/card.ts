/** The platform-neutral picture of a job at one moment. Platforms only decide how it looks. */
import type { ImageDescription } from '#contract/generation-result.ts';
import type { Preview } from '#contract/job-event.ts';
import type { JobStatus } from '#contract/job-state.ts';
import type { JobId } from '#contract/job.ts';

export interface CardButton {
  /** From formatAction; what the platform hands back when it is pressed. */
  actionId: string;
  /** A few characters, such as `U1`. */
  label: string;
  /** What it does, in words: tooltip and screen reader's name, such as `Upscale picture 1`. */
  description: string;
  style: 'primary' | 'secondary' | 'danger';
}

export interface CardImage {
  jobId: JobId;
  index: number;
  widthPx: number;
  heightPx: number;
  /** Up to 1,000 characters: prompt, place in the grid, what was done to it. */
  altText: string;
  mediaType: ImageDescription['mediaType'];
  /** Hidden until somebody wants to see it. */
  isSpoiler: boolean;
}

export interface CardDetail {
  label: string;
  value: string;
}

export interface Card {
  jobId: JobId;
  status: JobStatus;
  /** What the person asked for, in a few words: `a red apple`, `Variation of picture 2 – a red apple`. */
  title: string;
  userName: string;
  /** One line about now: `Waiting, number 3 in the queue`, `Drawing, step 7 of 20`. Plain text, no markup. */
  statusText: string;
  /** 0..1 while it draws. */
  progress?: number | undefined;
  /** When it should be done, as far as one can tell; a moment, so that it need not be edited to stay true. */
  readyAtMs?: number | undefined;
  preview?: Preview | undefined;
  images: CardImage[];
  /** Sentences worth reading: what was done otherwise than asked, what went wrong and what to do. */
  notes: string[];
  /** Seed, sampler, model, timings: for those who look. */
  details: CardDetail[];
  /** Rows of buttons as they should stand together, at most 5 a row (Discord's limit). */
  buttons: CardButton[][];
  /** The command that makes this card again; what `edit` puts into the input. */
  command: string;
  /** On a card of failure: what the operator finds in the log. */
  errorId?: string | undefined;
  createdAtMs: number;
  isFinal: boolean;
}

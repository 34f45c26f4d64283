/** One line about now, and how far it is. */
import type { JobState } from '#contract/job-state.ts';
import { formatDuration, formatNumber } from './format-number.ts';
import type { JobRecord } from './ports.ts';

export function toStatusText(record: JobRecord): string {
  const { state } = record;
  switch (state.status) {
    case 'queued':
      return toQueueText(state.position);
    case 'starting':
      return toStartText(state);
    case 'denoising':
      return toDrawText(record, state.step, state.steps);
    case 'decoding':
      return record.request.kind === 'upscale' ? 'Saving the picture' : 'Developing the pictures';
    case 'succeeded':
      // A picture that was read back from its file was not drawn now.
      return state.result.timings.totalMs === 0
        ? 'Read from the recipe in the picture'
        : `Done in ${formatDuration(state.result.timings.totalMs)}`;
    case 'failed':
      return 'Failed';
    case 'canceled':
      return 'Canceled';
  }
}

function toQueueText(position: number | undefined): string {
  if (position === undefined) return 'Waiting for a place in the queue';
  if (position === 1) return 'Waiting, next in the queue';
  return `Waiting, number ${formatNumber(position)} in the queue`;
}

const START_TEXTS = {
  machine: 'Starting a machine',
  engine: 'Starting the image engine',
  model: 'Loading the model',
} as const;

function toStartText({ stage, attempt }: Extract<JobState, { status: 'starting' }>): string {
  const text = START_TEXTS[stage];
  return attempt === 1 ? text : `${text} again after a crash (attempt ${attempt})`;
}

function toDrawText(record: JobRecord, step: number, steps: number): string {
  const percent = `${Math.floor((step / steps) * 100)}%`;
  if (record.request.kind === 'upscale') {
    return steps === 1 ? 'Enlarging' : `Enlarging, part ${step} of ${steps} (${percent})`;
  }
  return step === 0 ? 'Reading the prompt' : `Drawing, step ${step} of ${steps} (${percent})`;
}

/** 0..1 while it draws, undefined before and after. */
export function toProgress(state: JobState): number | undefined {
  switch (state.status) {
    case 'denoising':
      return state.step / state.steps;
    case 'decoding':
      return 1;
    case 'queued':
    case 'starting':
    case 'succeeded':
    case 'failed':
    case 'canceled':
      return undefined;
  }
}

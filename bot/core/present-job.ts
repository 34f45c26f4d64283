/** The card of a job: a pure function of what is stored and of the moment. Prompts are plain data, never markup. */
import type { ImageDescription } from '#contract/generation-result.ts';
import type { ModelAbility } from '#contract/model-description.ts';
import { isTerminal } from '#contract/job-state.ts';
import type { Card } from './card.ts';
import { estimateRemainingMs, type Ahead, type Averages } from './estimate.ts';
import { toErrorId } from './job-id.ts';
import { shorten, toPrompt } from './job-prompt.ts';
import type { JobRecord } from './ports.ts';
import { toActionText } from './present-action.ts';
import { toButtons } from './present-buttons.ts';
import { toDetails } from './present-details.ts';
import { isUnsafe, toCardImages } from './present-images.ts';
import { toProgress, toStatusText } from './present-status.ts';

const TITLE_CHARACTERS_MAX = 200;

export interface Presentation extends Ahead {
  nowMs: number;
  averages: Averages;
  /** What can be done with the job's pictures; for anything else there is no button. */
  abilities: readonly ModelAbility[];
  /** Of the machine that draws; none where it costs nothing by the hour. */
  usdPerMachineHour?: number | undefined;
  /** Why nothing moves, such as an image function that cannot be reached. */
  trouble?: string | undefined;
}

/** The card at `nowMs`; final when the job has ended. */
export function presentJob(record: JobRecord, presentation: Presentation): Card {
  const { state } = record;
  const { trouble } = presentation;
  return {
    jobId: record.id,
    status: state.status,
    title: shorten(`${toActionText(record)}${toPrompt(record)}`, TITLE_CHARACTERS_MAX),
    userName: record.user.name,
    statusText: trouble ?? toStatusText(record),
    progress: toProgress(state),
    readyAtMs: trouble === undefined ? toReadyAtMs(record, presentation) : undefined,
    preview: 'preview' in state ? state.preview : undefined,
    images: toCardImages(record),
    notes: toNotes(record),
    details: toDetails(record, presentation.usdPerMachineHour),
    buttons: toButtons(record, presentation.abilities),
    command: record.command,
    errorId: state.status === 'failed' ? toErrorId(record.id) : undefined,
    createdAtMs: record.createdAtMs,
    isFinal: isTerminal(state),
  };
}

/** A moment that has passed already says nothing: then the job is simply late. */
function toReadyAtMs(record: JobRecord, presentation: Presentation): number | undefined {
  const { nowMs } = presentation;
  const remainingMs = toRemainingMs(record, presentation);
  if (remainingMs === undefined) return undefined;
  const fromMs = record.state.status === 'queued' ? nowMs : record.updatedAtMs;
  const readyAtMs = Math.round(fromMs + remainingMs);
  return readyAtMs > nowMs ? readyAtMs : undefined;
}

type Pace = Pick<Presentation, 'averages' | 'nowMs' | 'runningLeftMs'>;

function toRemainingMs(record: JobRecord, { averages, ...ahead }: Pace): number | undefined {
  // Earlier jobs tell nothing of one whose number of steps the person chose: then only its own pace counts.
  const isUsual = record.request.kind === 'generate' && record.request.steps === undefined;
  const known = isUsual ? averages : { wakeMs: averages.wakeMs };
  return estimateRemainingMs(record.state, known, ahead);
}

/** Milliseconds until the first of the jobs that are drawn now should be done; undefined when none tells. */
export function toRunningLeftMs(open: readonly JobRecord[], pace: Pace): number | undefined {
  const lefts = open.flatMap((record) => {
    const { status } = record.state;
    if (status === 'decoding') return [0];
    if (status !== 'denoising' && status !== 'starting') return [];
    const remainingMs = toRemainingMs(record, pace);
    if (remainingMs === undefined) return [];
    return [Math.max(0, record.updatedAtMs + remainingMs - pace.nowMs)];
  });
  return lefts.length === 0 ? undefined : Math.min(...lefts);
}

function toNotes(record: JobRecord): string[] {
  const { state } = record;
  switch (state.status) {
    case 'denoising':
    case 'decoding':
      return state.notes;
    case 'succeeded':
      return [...state.result.notes, ...toUnsafeNotes(record, state.result.images)];
    case 'failed':
      return [state.error.message];
    case 'queued':
    case 'starting':
    case 'canceled':
      return [];
  }
}

function toUnsafeNotes(record: JobRecord, images: readonly ImageDescription[]): string[] {
  const hidden = images.filter(({ unsafeScore }) => isUnsafe(record, unsafeScore));
  if (hidden.length === 0) return [];
  const names = hidden.map(({ index }) => index + 1).join(', ');
  const pictures = images.length === 1 ? 'The picture' : `Picture ${names}`;
  return [`${pictures} may be explicit, so it is hidden until somebody wants to see it.`];
}

/** The card of a job: a pure function of what is stored and of the moment. Prompts are plain data, never markup. */
import { isTerminal, type JobState } from '#contract/job-state.ts';
import type { Card, CardImage } from './card.ts';
import { estimateRemainingMs, type Averages } from './estimate.ts';
import { toErrorId } from './job-id.ts';
import { shorten, toPrompt } from './job-prompt.ts';
import type { JobRecord } from './ports.ts';
import { toButtons } from './present-buttons.ts';
import { toDetails } from './present-details.ts';
import { toProgress, toStatusText } from './present-status.ts';

const TITLE_CHARACTERS_MAX = 200;
/** Slack allows 1,000 for a file's alternative text, Discord 1,024. */
const ALT_TEXT_CHARACTERS_MAX = 1_000;

export interface Presentation {
  nowMs: number;
  averages: Averages;
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
    images: state.status === 'succeeded' ? toImages(record, state) : [],
    notes: toNotes(state),
    details: toDetails(record),
    buttons: toButtons(record),
    command: record.command,
    errorId: state.status === 'failed' ? toErrorId(record.id) : undefined,
    createdAtMs: record.createdAtMs,
    isFinal: isTerminal(state),
  };
}

/** `Variation of picture 2 – `, so that a picture's family can be read in the channel. */
function toActionText({ lineage }: JobRecord): string {
  switch (lineage?.action) {
    case 'vary':
      return `Variation of picture ${lineage.index + 1} – `;
    case 'upscale':
      return `Upscale of picture ${lineage.index + 1} – `;
    case 'reroll':
      return 'Reroll – ';
    case 'retry':
      return 'Retry – ';
    case 'edit':
    case 'cancel':
    case 'delete':
    case undefined:
      return '';
  }
}

/** A moment that has passed already says nothing: then the job is simply late. */
function toReadyAtMs(record: JobRecord, { averages, nowMs }: Presentation): number | undefined {
  // Earlier jobs tell nothing of one whose number of steps the person chose: then only its own pace counts.
  const isUsual = record.request.kind === 'generate' && record.request.steps === undefined;
  const remainingMs = estimateRemainingMs(
    record.state,
    isUsual ? averages : { wakeMs: averages.wakeMs },
  );
  if (remainingMs === undefined) return undefined;
  const readyAtMs = Math.round(record.updatedAtMs + remainingMs);
  return readyAtMs > nowMs ? readyAtMs : undefined;
}

function toImages(
  record: JobRecord,
  { result }: Extract<JobState, { status: 'succeeded' }>,
): CardImage[] {
  const prompt = toPrompt(record);
  const lineage = toActionText(record).replace(/ – $/, '').toLowerCase();
  const doneToIt = lineage === '' ? '' : ` (${lineage})`;
  return result.images.map(({ index, widthPx, heightPx, mediaType }) => {
    const place = result.images.length === 1 ? '' : ` ${index + 1} of ${result.images.length}`;
    const altText = `Machine-made picture${place}${doneToIt}: ${prompt}`;
    return {
      jobId: record.id,
      index,
      widthPx,
      heightPx,
      altText: shorten(altText, ALT_TEXT_CHARACTERS_MAX),
      mediaType,
      isSpoiler: record.place.isSpoiler ?? false,
    };
  });
}

function toNotes(state: JobState): string[] {
  switch (state.status) {
    case 'denoising':
    case 'decoding':
      return state.notes;
    case 'succeeded':
      return state.result.notes;
    case 'failed':
      return [state.error.message];
    case 'queued':
    case 'starting':
    case 'canceled':
      return [];
  }
}

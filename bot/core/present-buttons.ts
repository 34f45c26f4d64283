/** The buttons of a card, in the rows in which they should stand together. */
import type { JobState } from '#contract/job-state.ts';
import { formatAction, type ActionName } from './action.ts';
import type { CardButton } from './card.ts';
import type { JobRecord } from './ports.ts';

interface Wording {
  label: string;
  description: string;
  style: CardButton['style'];
}

const WORDINGS = {
  reroll: { label: 'Reroll', description: 'Draw it again with other noise', style: 'secondary' },
  edit: { label: 'Edit', description: 'Edit the prompt', style: 'secondary' },
  cancel: { label: 'Cancel', description: 'Cancel this job', style: 'danger' },
  retry: { label: 'Retry', description: 'Try again with the same seed', style: 'primary' },
  delete: { label: 'Delete', description: 'Delete this card and its pictures', style: 'danger' },
} satisfies Partial<Record<ActionName, Wording>>;

/** What can be done with the job now, in rows of at most 5; a job that has not ended can only be canceled. */
export function toButtons(record: JobRecord): CardButton[][] {
  const whole = (...names: (keyof typeof WORDINGS)[]): CardButton[] =>
    names.map((name) => ({
      actionId: formatAction({ name, jobId: record.id, index: 0 }),
      ...WORDINGS[name],
    }));
  const { state } = record;
  switch (state.status) {
    case 'queued':
    case 'starting':
    case 'denoising':
    case 'decoding':
      return [whole('cancel')];
    case 'failed':
    case 'canceled':
      return [whole('retry', 'edit', 'delete')];
    case 'succeeded':
      return record.request.kind === 'upscale'
        ? [whole('edit', 'delete')]
        : [...toPictureRows(record, state), whole('reroll', 'edit', 'delete')];
  }
}

function toPictureRows(
  { id: jobId }: JobRecord,
  { result }: Extract<JobState, { status: 'succeeded' }>,
): CardButton[][] {
  const count = result.images.length;
  const row = (name: 'upscale' | 'vary', verb: string, letter: string): CardButton[] =>
    result.images.map(({ index }) => ({
      actionId: formatAction({ name, jobId, index }),
      label: count === 1 ? verb : `${letter}${index + 1}`,
      description: count === 1 ? `${verb} the picture` : `${verb} picture ${index + 1}`,
      style: 'secondary',
    }));
  const [upscale, vary] = [row('upscale', 'Upscale', 'U'), row('vary', 'Vary', 'V')];
  return count === 1 ? [[...upscale, ...vary]] : [upscale, vary];
}

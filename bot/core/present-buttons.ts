/** The buttons of a card, in the rows in which they should stand together: at most 5 rows of 5, as Discord allows. */
import type { JobState } from '#contract/job-state.ts';
import { LIMITS } from '#contract/limits.ts';
import type { ModelAbility } from '#contract/model-description.ts';
import { formatAction, type ActionName } from './action.ts';
import { BUTTON_WORDINGS } from './button-wordings.ts';
import type { CardButton } from './card.ts';
import type { JobRecord } from './ports.ts';

type Succeeded = Extract<JobState, { status: 'succeeded' }>;
type Abilities = readonly ModelAbility[];

/** What can be done with the job now; a job that has not ended can only be canceled. */
export function toButtons(record: JobRecord, abilities: Abilities): CardButton[][] {
  const row = (...names: ActionName[]): CardButton[] => names.map((name) => toButton(record, name));
  const { state } = record;
  switch (state.status) {
    case 'queued':
    case 'starting':
    case 'denoising':
    case 'decoding':
      return [row('cancel')];
    case 'failed':
    case 'canceled':
      return [row('retry', 'edit', 'delete')];
    case 'succeeded': {
      const isGrid = state.result.images.length > 1;
      const rows = isGrid ? toGridRows(record, state) : toSingleRows(record, state, abilities);
      const clip: ActionName[] = state.result.clip === undefined ? [] : ['clip'];
      const again: ActionName[] = record.request.kind === 'upscale' ? [] : ['reroll'];
      return [...rows, row(...again, ...clip, 'edit', 'delete')].filter(({ length }) => length > 0);
    }
  }
}

function toButton({ id: jobId }: JobRecord, name: ActionName, index = 0): CardButton {
  return { actionId: formatAction({ name, jobId, index }), ...BUTTON_WORDINGS[name] };
}

function toGridRows({ id: jobId }: JobRecord, { result }: Succeeded): CardButton[][] {
  const row = (name: 'upscale' | 'vary', verb: string, letter: string): CardButton[] =>
    result.images.map(({ index }) => ({
      actionId: formatAction({ name, jobId, index }),
      label: `${letter}${index + 1}`,
      description: `${verb} picture ${index + 1}`,
      style: 'secondary',
    }));
  return [row('upscale', 'Upscale', 'U'), row('vary', 'Vary', 'V')];
}

/** A moving picture has none of these. */
function toSingleRows(
  record: JobRecord,
  { result }: Succeeded,
  abilities: Abilities,
): CardButton[][] {
  const [image] = result.images;
  if (record.request.kind === 'animate' || image === undefined) return [];
  const can = (...wanted: ModelAbility[]): boolean =>
    wanted.some((name) => abilities.includes(name));
  const longestPx = Math.max(image.widthPx, image.heightPx);
  const fits = (factor: number): boolean => longestPx * factor <= LIMITS.upscaleSidePxMax;
  const row = (...names: (ActionName | false)[]): CardButton[] =>
    names.filter((name) => name !== false).map((name) => toButton(record, name));
  const isOutpaintable = can('outpaint');
  return [
    row(
      fits(2) && 'upscale',
      fits(4) && 'upscale-4',
      fits(2) && can('image-to-image') && 'creative',
    ),
    row('vary-subtle', 'vary-strong', can('inpaint', 'native-inpaint') && 'region'),
    isOutpaintable ? row('zoom-1-5', 'zoom-2', 'zoom-custom') : [],
    isOutpaintable ? row('pan-left', 'pan-right', 'pan-up', 'pan-down') : [],
  ].filter(({ length }) => length > 0);
}

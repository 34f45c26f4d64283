/** The scripted service's cards: every field that a platform must be able to show. */
import { isTerminal } from '#contract/job-state.ts';
import { formatAction, type ActionName } from '../../bot/core/action.ts';
import type { Card, CardButton, CardDetail, CardImage } from '../../bot/core/card.ts';
import type { JobRecord } from '../../bot/core/ports.ts';

type ScriptedAction = Extract<
  ActionName,
  'upscale' | 'vary' | 'reroll' | 'edit' | 'cancel' | 'retry' | 'delete'
>;

const DESCRIPTIONS: Readonly<Record<ScriptedAction, (index: number) => string>> = {
  upscale: (index) => `Upscale picture ${index + 1}`,
  vary: (index) => `Vary picture ${index + 1}`,
  reroll: () => 'Draw again with other seeds',
  edit: () => 'Edit the prompt',
  cancel: () => 'Cancel',
  retry: () => 'Try again',
  delete: () => 'Delete',
};
const LABELS: Readonly<Record<ScriptedAction, (index: number) => string>> = {
  upscale: (index) => `U${index + 1}`,
  vary: (index) => `V${index + 1}`,
  reroll: () => 'Reroll',
  edit: () => 'Edit',
  cancel: () => 'Cancel',
  retry: () => 'Retry',
  delete: () => 'Delete',
};

function toButton(name: ScriptedAction, jobId: string, index: number): CardButton {
  const style = name === 'delete' || name === 'cancel' ? 'danger' : 'secondary';
  return {
    actionId: formatAction({ name, jobId, index }),
    label: LABELS[name](index),
    description: DESCRIPTIONS[name](index),
    style: name === 'retry' ? 'primary' : style,
  };
}

function toButtons(record: JobRecord, images: readonly CardImage[]): CardButton[][] {
  const { id, state } = record;
  if (!isTerminal(state)) return [[toButton('cancel', id, 0)]];
  const whole = (['reroll', 'edit', 'delete'] as const).map((name) => toButton(name, id, 0));
  if (state.status !== 'succeeded') return [[toButton('retry', id, 0), ...whole.slice(1)]];
  const row = (name: ScriptedAction) => images.map((image) => toButton(name, id, image.index));
  return [row('upscale'), row('vary'), whole];
}

function toStatusText({ state }: JobRecord): string {
  switch (state.status) {
    case 'queued':
      return state.position === undefined
        ? 'Waiting'
        : `Waiting, number ${state.position} in the queue`;
    case 'starting':
      return state.stage === 'engine' ? 'Starting the engine' : 'Loading the model';
    case 'denoising':
      return `Drawing, step ${state.step} of ${state.steps}`;
    case 'decoding':
      return 'Finishing the pictures';
    case 'succeeded':
      return 'Done in 1.9 s';
    case 'failed':
      return 'Failed';
    case 'canceled':
      return 'Canceled';
  }
}

function toNotes({ state }: JobRecord): string[] {
  if (state.status === 'failed') return [state.error.message];
  if (state.status === 'succeeded') return state.result.notes;
  return 'notes' in state ? state.notes : [];
}

function toDetails({ state, request }: JobRecord): CardDetail[] {
  if (request.kind !== 'generate') return [];
  const details = [
    { label: 'Seed', value: String(request.seed) },
    { label: 'Steps', value: String(request.steps ?? 20) },
    { label: 'Sampler', value: request.sampler ?? 'dpmpp-2m' },
    { label: 'Guidance', value: '3' },
    { label: 'Model', value: 'Scripted' },
  ];
  if (state.status !== 'succeeded') return details;
  return [...details, { label: 'Time', value: '1.9 s (0.2 s loading, 1.6 s drawing)' }];
}

export function toScriptedCard(record: JobRecord, nowMs: number, stepMs: number): Card {
  const { id, state, request } = record;
  const prompt = request.kind === 'generate' ? request.prompt : 'picture';
  const titlePrompt = prompt.length > 80 ? `${prompt.slice(0, 79)}…` : prompt;
  const images: CardImage[] =
    state.status === 'succeeded'
      ? state.result.images.map(({ index, widthPx, heightPx }) => ({
          jobId: id,
          index,
          widthPx,
          heightPx,
          mediaType: 'image/png' as const,
          isSpoiler: false,
          altText: `${prompt}, picture ${index + 1} of ${state.result.images.length}`,
        }))
      : [];
  const action = record.lineage?.action;
  const from = `picture ${(record.lineage?.index ?? 0) + 1}`;
  const prefix =
    action === 'vary'
      ? `Variation of ${from} – `
      : action === 'upscale'
        ? `Upscale of ${from} – `
        : '';
  return {
    jobId: id,
    status: state.status,
    title: `${prefix}${titlePrompt}`,
    userName: record.user.name,
    statusText: toStatusText(record),
    progress: state.status === 'denoising' ? state.step / state.steps : undefined,
    readyAtMs:
      state.status === 'denoising' ? nowMs + (state.steps - state.step) * stepMs + 500 : undefined,
    preview: 'preview' in state ? state.preview : undefined,
    images,
    notes: toNotes(record),
    details: toDetails(record),
    buttons: toButtons(record, images),
    command: record.command,
    createdAtMs: record.createdAtMs,
    isFinal: isTerminal(state),
  };
}

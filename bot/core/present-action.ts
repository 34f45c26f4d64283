/** What was done to a picture, in words, so that its family can be read in the channel. */
import type { Lineage, JobRecord } from './ports.ts';

/** `Variation of picture 2 – `; empty for what was drawn from a command alone. */
export function toActionText({ lineage }: Pick<JobRecord, 'lineage'>): string {
  if (lineage === undefined) return '';
  const verb = toVerb(lineage);
  return verb === '' ? '' : `${verb} – `;
}

function toVerb({ action, index }: Lineage): string {
  const picture = `picture ${index + 1}`;
  switch (action) {
    case 'vary':
      return `Variation of ${picture}`;
    case 'vary-subtle':
      return `Subtle variation of ${picture}`;
    case 'vary-strong':
      return `Strong variation of ${picture}`;
    case 'upscale':
      return `Upscale of ${picture}`;
    case 'upscale-4':
      return `4× upscale of ${picture}`;
    case 'creative':
      return `Creative upscale of ${picture}`;
    case 'zoom-1-5':
      return `Zoom out 1.5× of ${picture}`;
    case 'zoom-2':
    case 'zoom-custom':
      return `Zoom out of ${picture}`;
    case 'pan-left':
      return `Pan left of ${picture}`;
    case 'pan-right':
      return `Pan right of ${picture}`;
    case 'pan-up':
      return `Pan up of ${picture}`;
    case 'pan-down':
      return `Pan down of ${picture}`;
    case 'region':
      return `Region of ${picture}`;
    case 'reroll':
      return 'Reroll';
    case 'retry':
      return 'Retry';
    case 'clip':
    case 'edit':
    case 'cancel':
    case 'delete':
    case 'confirm':
      return '';
  }
}

/** What stands on each button, and what it does in words. */
import type { ActionName } from './action.ts';
import type { CardButton } from './card.ts';

type Wording = Pick<CardButton, 'label' | 'description' | 'style'>;

const plain = (label: string, description: string): Wording => ({
  label,
  description,
  style: 'secondary',
});

export const BUTTON_WORDINGS: Readonly<Record<ActionName, Wording>> = {
  upscale: plain('Upscale 2×', 'Enlarge the picture to twice its size'),
  'upscale-4': plain('Upscale 4×', 'Enlarge the picture to four times its size'),
  creative: plain('Creative 2×', 'Enlarge the picture and invent detail'),
  vary: plain('Vary', 'Vary the picture'),
  'vary-subtle': plain('Vary subtle', 'Pictures that are nearly the same'),
  'vary-strong': plain('Vary strong', 'Pictures that are clearly different'),
  'zoom-1-5': plain('Zoom out 1.5×', 'Draw what lies around the picture'),
  'zoom-2': plain('Zoom out 2×', 'Draw much of what lies around the picture'),
  'zoom-custom': plain('Custom zoom', 'Zoom out by a number of your own, with other words'),
  'pan-left': plain('← Pan', 'Draw what lies to the left'),
  'pan-right': plain('→ Pan', 'Draw what lies to the right'),
  'pan-up': plain('↑ Pan', 'Draw what lies above'),
  'pan-down': plain('↓ Pan', 'Draw what lies below'),
  region: plain('Edit region', 'Draw a part of the picture anew'),
  clip: plain('Clip', 'The way from noise to picture as a moving file'),
  reroll: plain('Reroll', 'Draw it again with other noise'),
  edit: plain('Edit', 'Edit the prompt'),
  cancel: { label: 'Cancel', description: 'Cancel this job', style: 'danger' },
  retry: { label: 'Retry', description: 'Try again with the same seed', style: 'primary' },
  delete: { label: 'Delete', description: 'Delete this card and its pictures', style: 'danger' },
  confirm: { label: 'Go on', description: 'Start these jobs', style: 'primary' },
};

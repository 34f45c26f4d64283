/** Words of the scripted service: help, flags, its model. */
import type { ModelDescription } from '#contract/model-description.ts';

export const SCRIPTED_HELP = `Type /imagine and what you want to see, such as /imagine a red apple.
Flags may stand anywhere.

--seed 7  The same seed draws the same picture
--ar 3:2  Aspect ratio
--count 4  How many pictures, 1 to 4`;

export const SCRIPTED_COMPLETIONS = {
  flags: [
    { label: '--ar', description: 'Aspect ratio, such as 3:2' },
    { label: '--seed', description: 'The same seed draws the same picture' },
    { label: '--sampler', description: 'How noise becomes a picture' },
    { label: '--steps', description: 'How often the picture is refined, 1 to 1,000' },
    { label: '--count', description: 'How many pictures, 1 to 4' },
    { label: '--no', description: 'What should not be seen, separated by commas' },
  ],
  samplers: [
    { label: 'dpmpp-2m', description: 'DPM++ 2M: good after few steps' },
    { label: 'euler', description: 'Euler' },
    { label: 'ddim', description: 'DDIM' },
  ],
} as const;

export const SCRIPTED_MODEL: ModelDescription = {
  id: 'scripted',
  name: 'Scripted',
  description: 'Plays a script instead of drawing.',
  licence: 'MIT',
  sizeBytes: 91_000_000,
  isDefault: true,
  fixedSize: { widthPx: 128, heightPx: 128 },
  defaults: {
    widthPx: 128,
    heightPx: 128,
    steps: 20,
    guidanceScale: 3,
    guidanceRescale: 0,
    sampler: 'dpmpp-2m',
    spacing: 'trailing',
  },
  samplers: ['ddim', 'euler', 'dpmpp-2m'],
  styles: [],
};

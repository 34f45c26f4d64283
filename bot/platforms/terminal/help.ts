/** The help of the terminal command: its own flags, then those of the command language. */
import { formatHelp } from '../../core/format-help.ts';

export function formatTerminalHelp(): string {
  return [
    'npm run imagine -- "a red apple" --seed 7 --out apple.png',
    '',
    '--out <file or folder/>  Where the picture goes; several get -1, -2, … before the ending.',
    '--recipe <picture.png>  Draws a picture again from the recipe inside its file.',
    '--image <file>, --mask <file>  The picture to start from, and the part of it to draw anew (white).',
    '--json  One line of JSON: files, seed, model, settings, timings. For programs: npm run --silent imagine -- …',
    '--preview <auto|off|blocks|kitty|iterm>  How previews are shown; auto asks the terminal.',
    '--quiet  No progress and no previews.',
    '',
    formatHelp().replaceAll('/imagine a red apple', 'npm run imagine -- "a red apple"'),
    '',
  ].join('\n');
}

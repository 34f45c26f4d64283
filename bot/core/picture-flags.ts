/** The flags for pictures that are there: to start from one, redraw a part of it, go beyond its edges. */
import { CLIP_FORMATS } from '#contract/generation-request.ts';
import { LIMITS } from '#contract/limits.ts';
import { INPAINT_AREAS } from '#contract/picture-editing.ts';
import { CommandError } from './command-error.ts';
import { fixed, flag, numberFlag, type Flag } from './flag.ts';
import { showValue } from './flag-values.ts';
import { readBorders, readMask, readPan } from './picture-flag-values.ts';
import { parsePictureId } from './picture-id.ts';

/** Jobs that one command may make by --repeat. */
const REPEATS = { min: 1, max: 10 };

const pick = <T extends string>(written: string, value: string, known: readonly T[]): T => {
  const found = known.find((name) => name === value.toLowerCase());
  if (found !== undefined) return found;
  throw new CommandError(`${written} ${showValue(value)} is unknown; use ${known.join(' or ')}.`);
};

export const pictureFlags: readonly Flag[] = [
  flag({
    name: 'image',
    aliases: ['img', 'init'],
    valueHint: 'picture id',
    description: 'The picture to start from; an attached file needs no flag',
    example: '--image k7m2q9x4tbn8w3d5/2',
    read: (value, written) => {
      const startImage = parsePictureId(value);
      if (startImage !== undefined) return { startImage };
      throw new CommandError(
        /^\w+:\/\//.test(value)
          ? `${written} takes the id of a picture or an attached file; links are not fetched.`
          : `${written} ${showValue(value)} is not the id of a picture; /history lists the ids, or attach a file.`,
      );
    },
  }),
  numberFlag({
    name: 'strength',
    aliases: ['denoise', 'denoising-strength'],
    description: 'How much of the start image is drawn anew',
    example: '--strength 0.6',
    choices: fixed('0.3', '0.6', '0.8'),
    limits: LIMITS.strength,
    isWhole: false,
    toValues: (strength) => ({ strength }),
  }),
  flag({
    name: 'mask',
    valueHint: 'picture id, edges or cells',
    description: 'The part of the start image to draw anew',
    example: '--mask 0.25,0.25,0.75,0.75',
    read: (value, written) => ({ mask: readMask(written, value) }),
  }),
  flag({
    name: 'area',
    valueHint: 'name',
    description: 'Whether the model sees the whole picture or the masked part enlarged',
    example: '--area only-masked',
    choices: fixed(...INPAINT_AREAS),
    read: (value, written) => ({ area: pick(written, value, INPAINT_AREAS) }),
  }),
  numberFlag({
    name: 'feather',
    description: 'How far the redrawn part fades in from the edge of the mask, in pixels',
    example: '--feather 8',
    limits: LIMITS.featherPx,
    isWhole: true,
    toValues: (featherPx) => ({ featherPx }),
  }),
  numberFlag({
    name: 'padding',
    description: 'Surroundings that the model sees with --area only-masked, in pixels',
    example: '--padding 32',
    limits: LIMITS.paddingPx,
    isWhole: true,
    toValues: (paddingPx) => ({ paddingPx }),
  }),
  numberFlag({
    name: 'zoom',
    description: 'Zoom out: what lies around the start image is drawn',
    example: '--zoom 1.5',
    choices: fixed('1.5', '2'),
    limits: LIMITS.zoomFactor,
    isWhole: false,
    toValues: (zoom) => ({ zoom }),
  }),
  flag({
    name: 'pan',
    valueHint: 'direction',
    description: 'Go on beyond one edge of the start image',
    example: '--pan left',
    choices: fixed('left', 'right', 'up', 'down'),
    read: (value, written) => ({ pan: readPan(written, value) }),
  }),
  flag({
    name: 'extend',
    valueHint: 'left,right,top,bottom',
    description: 'Pixels to draw beyond each edge of the start image',
    example: '--extend 64,64,0,0',
    read: (value, written) => ({ borders: readBorders(written, value) }),
  }),
  flag({
    name: 'tile',
    valueHint: '',
    description: 'A texture that can be laid beside itself without a seam',
    example: '--tile',
    extent: 'none',
    read: () => ({ tile: true }),
  }),
  flag({
    name: 'clip',
    valueHint: 'format',
    description: 'Also the way from noise to picture, as a moving file',
    example: '--clip webp',
    choices: fixed(...CLIP_FORMATS),
    read: (value, written) => ({ clip: pick(written, value, CLIP_FORMATS) }),
  }),
  numberFlag({
    name: 'repeat',
    aliases: ['r'],
    description: 'The same command several times, with other noise',
    example: '--repeat 3',
    limits: REPEATS,
    isWhole: true,
    toValues: (repeat) => ({ repeat }),
  }),
  flag({
    name: 'to',
    valueHint: 'words',
    description: 'A moving picture on the way from the prompt to these words',
    example: '--to a dog',
    extent: 'text',
    read: (value) => ({ toPrompt: value }),
  }),
  numberFlag({
    name: 'frames',
    description: 'Pictures of a moving picture, with --to',
    example: '--frames 16',
    limits: LIMITS.frames,
    isWhole: true,
    toValues: (frames) => ({ frames }),
  }),
  numberFlag({
    name: 'fps',
    description: 'Pictures a second of a moving picture, with --to',
    example: '--fps 8',
    limits: LIMITS.framesPerSecond,
    isWhole: true,
    toValues: (framesPerSecond) => ({ framesPerSecond }),
  }),
];

/** The flags about pictures together: what they ask for, and which of them exclude each other. */
import type { GenerateRequest } from '#contract/generation-request.ts';
import type { Inpaint, Outpaint } from '#contract/picture-editing.ts';
import type { FlagValues, PromptWalk } from './command-draft.ts';
import { CommandError } from './command-error.ts';
import { toSource } from './picture-source.ts';

type Editing = Pick<
  GenerateRequest,
  'startImage' | 'strength' | 'inpaint' | 'outpaint' | 'tile' | 'clip'
>;

/** Where the values are used that need a start image, by the flags' names. */
const NEED_IMAGE = ['strength', 'mask', 'zoom', 'pan', 'extend'] as const;

/** `isAttached`: a start image came as a file. Throws CommandError that names the flags. */
export function readEditing(values: FlagValues, isAttached: boolean): Editing {
  const { startImage, strength, mask, zoom, pan, borders, tile, clip } = values;
  const given = { strength, mask, zoom, pan, extend: borders };
  if (startImage === undefined && !isAttached) {
    const lonely = NEED_IMAGE.find((name) => given[name] !== undefined);
    if (lonely !== undefined) {
      throw new CommandError(`--${lonely} needs a start image; attach one, or name it by --image.`);
    }
  }
  const ways = (['mask', 'zoom', 'pan', 'extend'] as const).filter(
    (name) => given[name] !== undefined,
  );
  if (ways.length > 1) {
    throw new CommandError(`--${ways[0]} and --${ways[1]} exclude each other; keep one of them.`);
  }
  const outpaint = toOutpaint(values);
  if (tile && outpaint !== undefined) {
    throw new CommandError('--tile has no edges to go beyond; leave it out, or the other flag.');
  }
  return {
    startImage: startImage && toSource(startImage),
    strength,
    inpaint: toInpaint(values),
    outpaint,
    tile,
    clip,
  };
}

function toInpaint({ mask, area, featherPx, paddingPx }: FlagValues): Inpaint | undefined {
  if (mask !== undefined) return { mask, area: area ?? 'whole', featherPx, paddingPx };
  const lonely = Object.entries({ area, feather: featherPx, padding: paddingPx }).find(
    ([, value]) => value !== undefined,
  );
  if (lonely === undefined) return undefined;
  throw new CommandError(`--${lonely[0]} needs a mask; attach one, or write it after --mask.`);
}

function toOutpaint({ zoom, pan, borders }: FlagValues): Outpaint | undefined {
  if (zoom !== undefined) return { kind: 'zoom', factor: zoom };
  return pan ?? borders;
}

/** Undefined for a picture that stands still. */
export function readWalk(values: FlagValues): PromptWalk | undefined {
  const { toPrompt, frames, framesPerSecond } = values;
  if (toPrompt === undefined) {
    const lonely =
      frames === undefined ? (framesPerSecond === undefined ? undefined : 'fps') : 'frames';
    if (lonely === undefined) return undefined;
    throw new CommandError(`--${lonely} needs --to, such as --to a dog.`);
  }
  const still = (['startImage', 'mask', 'tile', 'clip', 'variations', 'repeat'] as const).find(
    (name) => values[name] !== undefined,
  );
  if (still === undefined) return { toPrompt, frames, framesPerSecond };
  throw new CommandError(`--to makes a moving picture, which takes no --${STILL_FLAGS[still]}.`);
}

const STILL_FLAGS = {
  startImage: 'image',
  mask: 'mask',
  tile: 'tile',
  clip: 'clip',
  variations: 'variation',
  repeat: 'repeat',
} as const;

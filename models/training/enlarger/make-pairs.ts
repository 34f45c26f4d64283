/**
 * Training data of the enlarger: parts of icon renders, large and four times smaller.
 *
 *   node models/training/enlarger/make-pairs.ts FOLDER
 *
 * Writes `high.rgb` [n, 192, 192, 3], `low.rgb` [n, 48, 48, 3] and the same of held-out icons as `held-out-*.rgb`.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { readConcepts } from '../data/concepts.ts';
import { isHeldOutIcon, HELD_OUT_CONCEPTS } from '../data/held-out.ts';
import { ICON_SETS } from '../data/icon-sets.ts';
import { createRandom } from '../data/random.ts';
import { readIcons, type SourceIcon } from '../data/read-icons.ts';

const FACTOR = 4;
const SIDE_PX = 512;
const LOW_SIDE_PX = SIDE_PX / FACTOR;
const LOW_PART_PX = 48;
/** As many of each set, so that no manner of drawing rules. */
const ICONS_PER_SET = 160;
const PARTS_PER_ICON = 3;
const SETS = new Set([
  'fluent',
  'fluent-flat',
  'noto',
  'noto-v1',
  'twemoji',
  'fxemoji',
  'emojione',
]);

const random = createRandom(11);
const folder = process.argv[2] ?? 'checkpoints/enlarger';
await mkdir(folder, { recursive: true });
const concepts = readConcepts();
const icons = ICON_SETS.filter(({ id }) => SETS.has(id)).flatMap((set) => readIcons(set, concepts));
const isHeldOut = ({ concept, setId, name }: SourceIcon) =>
  HELD_OUT_CONCEPTS.has(concept.label) || isHeldOutIcon(setId, name);
await write('held-out-', choose(icons.filter(isHeldOut), 12));
await write(
  '',
  choose(
    icons.filter((icon) => !isHeldOut(icon)),
    ICONS_PER_SET,
  ),
);

/** The same number of each set, spread over its names. */
function choose(from: readonly SourceIcon[], count: number): SourceIcon[] {
  return [...SETS].flatMap((id) => {
    const own = from.filter(({ setId }) => setId === id);
    return own.filter((_, index) => index % Math.ceil(own.length / count) === 0);
  });
}

async function write(prefix: string, chosen: readonly SourceIcon[]): Promise<void> {
  const high: Buffer[] = [];
  const low: Buffer[] = [];
  for (const icon of chosen) {
    const large = await render(icon);
    const small = await shrink(large);
    for (let part = 0; part < PARTS_PER_ICON; part++) {
      const left = Math.floor(random.next() * (LOW_SIDE_PX - LOW_PART_PX));
      const top = Math.floor(random.next() * (LOW_SIDE_PX - LOW_PART_PX));
      low.push(cut(small, LOW_SIDE_PX, { left, top, side: LOW_PART_PX }));
      high.push(
        cut(large, SIDE_PX, { left: left * FACTOR, top: top * FACTOR, side: LOW_PART_PX * FACTOR }),
      );
    }
  }
  await writeFile(join(folder, `${prefix}high.rgb`), Buffer.concat(high));
  await writeFile(join(folder, `${prefix}low.rgb`), Buffer.concat(low));
  process.stdout.write(`${prefix}${high.length} parts of ${chosen.length} icons\n`);
}

/** On white, on black or on any colour, since edges against a ground are what is looked at. */
async function render({ file }: SourceIcon): Promise<Buffer> {
  const level = () => Math.floor(random.next() * 256);
  const choice = random.next();
  const [r, g, b] = choice < 0.5 ? [255, 255, 255] : [level(), level(), level()];
  const { width } = await sharp(file).metadata();
  return sharp(file, { density: Math.max(1, (96 * SIDE_PX) / width) })
    .resize(SIDE_PX, SIDE_PX, { fit: 'contain', background: { r: 0, g: 0, b: 0, alpha: 0 } })
    .flatten({ background: { r, g, b } })
    .toColourspace('srgb')
    .removeAlpha()
    .raw({ depth: 'uchar' })
    .toBuffer();
}

/** Half of them a little soft, as what a small VAE draws is. */
async function shrink(large: Buffer): Promise<Buffer> {
  const small = sharp(large, { raw: { width: SIDE_PX, height: SIDE_PX, channels: 3 } }).resize(
    LOW_SIDE_PX,
    LOW_SIDE_PX,
    { kernel: 'lanczos3' },
  );
  const isSoft = random.next() < 0.4;
  const bytes = await small.raw().toBuffer();
  if (!isSoft) return bytes;
  const raw = { raw: { width: LOW_SIDE_PX, height: LOW_SIDE_PX, channels: 3 } } as const;
  return sharp(bytes, raw)
    .blur(0.3 + 0.5 * random.next())
    .raw()
    .toBuffer();
}

function cut(
  pixels: Buffer,
  widthPx: number,
  part: { left: number; top: number; side: number },
): Buffer {
  const rows = Array.from({ length: part.side }, (_, y) => {
    const start = ((part.top + y) * widthPx + part.left) * 3;
    return pixels.subarray(start, start + part.side * 3);
  });
  return Buffer.concat(rows);
}

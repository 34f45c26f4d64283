/** Files spoiled as disks, networks and people spoil them; the same seed spoils the same way. */
import { readFile, writeFile } from 'node:fs/promises';
import { createMersenneTwister } from '../../gpu-function/sampling/mersenne-twister.ts';

/** Whole numbers from 0 to below a limit. */
export type Dice = (limit: number) => number;

export function createDice(seed: number): Dice {
  const random = createMersenneTwister(seed);
  return (limit) => random() % limit;
}

/** Cut, bits turned, a stretch of noise, a stretch of zeros, a stretch twice; returns which. */
export async function spoilBytes(file: string, roll: Dice): Promise<string> {
  const bytes = await readFile(file);
  const at = roll(bytes.length);
  const end = Math.min(bytes.length, at + 1 + roll(64));
  switch (roll(5)) {
    case 0:
      await writeFile(file, bytes.subarray(0, at));
      return `cut at ${at}`;
    case 1: {
      const count = 1 + roll(8);
      for (let index = 0; index < count; index++) {
        const place = roll(bytes.length);
        bytes[place] = (bytes[place] ?? 0) ^ (1 << roll(8));
      }
      await writeFile(file, bytes);
      return `${count} bits turned`;
    }
    case 2:
      for (let place = at; place < end; place++) bytes[place] = roll(256);
      await writeFile(file, bytes);
      return `noise from ${at} to ${end}`;
    case 3:
      bytes.fill(0, at, end);
      await writeFile(file, bytes);
      return `zeros from ${at} to ${end}`;
    default:
      await writeFile(file, Buffer.concat([bytes.subarray(0, end), bytes.subarray(at)]));
      return `${at} to ${end} twice`;
  }
}

const ODD_VALUES: readonly unknown[] = [
  null,
  true,
  '',
  'x'.repeat(10_000),
  0,
  -1,
  0.5,
  1e308,
  2 ** 53,
  [],
  [0],
  [1e9, 1e9],
  {},
  { class: 'toString' },
];

/** One value of a JSON object, somewhere in it, becomes another; returns which. */
export async function spoilJson(file: string, roll: Dice): Promise<string> {
  const content: unknown = JSON.parse(await readFile(file, 'utf8'));
  const odd = ODD_VALUES[roll(ODD_VALUES.length)];
  const places = collectPlaces(content);
  const place = places[roll(Math.max(1, places.length))];
  if (place === undefined || roll(10) === 0) {
    await writeFile(file, JSON.stringify(odd));
    return `the whole is ${JSON.stringify(odd).slice(0, 20)}`;
  }
  if (roll(4) === 0) Reflect.deleteProperty(place.holder, place.key);
  else Reflect.set(place.holder, place.key, odd);
  await writeFile(file, JSON.stringify(content));
  return `${place.key} is ${JSON.stringify(odd).slice(0, 20)} or gone`;
}

function collectPlaces(value: unknown): { holder: object; key: string }[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [
    { holder: value, key },
    ...collectPlaces(inner),
  ]);
}

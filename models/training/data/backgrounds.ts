/** What stands behind the icons: plain colours and simple scenes, painted by arithmetic. */
import { COLOURS, toRgb } from './colours.ts';
import type { ColourName } from './colours.ts';
import type { Random } from './random.ts';

type Rgb = [number, number, number];

/** Colours at places 0 (top) .. 1 (bottom), blended between; two at one place make an edge. */
interface Scene {
  /** How a caption says it. */
  phrases: readonly string[];
  stops: readonly (readonly [place: number, colour: Rgb])[];
  /** Small round marks, as many as `count` for the whole height, above `below`. */
  specks?: { count: number; colour: Rgb; below: number; radiusPx: number };
}

export const SCENES = {
  night: {
    phrases: ['at night', 'in the night sky', 'under the stars'],
    stops: [
      [0, [10, 14, 44]],
      [1, [34, 42, 92]],
    ],
    specks: { count: 40, colour: [250, 246, 214], below: 1, radiusPx: 1 },
  },
  sky: {
    phrases: ['in the sky', 'in a blue sky', 'in the air'],
    stops: [
      [0, [96, 172, 240]],
      [1, [196, 228, 252]],
    ],
  },
  grass: {
    phrases: ['on grass', 'on the grass', 'in a meadow'],
    stops: [
      [0, [140, 200, 246]],
      [0.58, [206, 234, 252]],
      [0.58, [112, 190, 84]],
      [1, [66, 144, 54]],
    ],
  },
  snow: {
    phrases: ['in the snow', 'on snow', 'in winter'],
    stops: [
      [0, [168, 196, 224]],
      [0.6, [220, 232, 244]],
      [0.6, [250, 252, 255]],
      [1, [226, 236, 246]],
    ],
    specks: { count: 50, colour: [255, 255, 255], below: 0.62, radiusPx: 1.6 },
  },
  ocean: {
    phrases: ['in the ocean', 'in the sea', 'under water', 'in the water'],
    stops: [
      [0, [64, 164, 214]],
      [1, [12, 70, 132]],
    ],
    specks: { count: 14, colour: [160, 214, 240], below: 1, radiusPx: 2 },
  },
  space: {
    phrases: ['in space', 'in outer space', 'among the stars'],
    stops: [
      [0, [8, 6, 20]],
      [0.5, [30, 14, 56]],
      [1, [8, 8, 28]],
    ],
    specks: { count: 70, colour: [240, 240, 255], below: 1, radiusPx: 0.9 },
  },
  desert: {
    phrases: ['in the desert', 'on sand', 'on the beach'],
    stops: [
      [0, [130, 196, 240]],
      [0.6, [232, 236, 226]],
      [0.6, [236, 204, 138]],
      [1, [214, 172, 100]],
    ],
  },
  sunset: {
    phrases: ['at sunset', 'in the evening', 'at dusk'],
    stops: [
      [0, [92, 56, 128]],
      [0.5, [236, 110, 96]],
      [1, [252, 196, 104]],
    ],
  },
} as const satisfies Record<string, Scene>;
export type SceneName = keyof typeof SCENES;
export const SCENE_NAMES = Object.keys(SCENES) as SceneName[];

export type Background =
  | { kind: 'plain'; rgb: Rgb }
  | { kind: 'scene'; scene: SceneName; seed: number };

/** A background's colour varies a little around its name, so that a name means a range. */
export function chooseBackgroundColour(name: ColourName, random: Random): Rgb {
  const { hue, saturation, lightness } = COLOURS[name];
  return toRgb(
    (hue + random.between(-6, 6) + 360) % 360,
    saturation * random.between(0.8, 1),
    Math.min(0.97, lightness + random.between(-0.03, 0.1)),
  );
}

/** RGB bytes of a square picture. `random` places the specks. */
export function paintBackground(
  background: Background,
  sidePx: number,
  random: Random,
): Uint8Array {
  const rgb = new Uint8Array(sidePx * sidePx * 3);
  if (background.kind === 'plain') {
    for (let at = 0; at < rgb.length; at += 3) rgb.set(background.rgb, at);
    return rgb;
  }
  const scene: Scene = SCENES[background.scene];
  for (let y = 0; y < sidePx; y++) {
    const colour = blendStops(scene.stops, y / (sidePx - 1));
    for (let x = 0; x < sidePx; x++) rgb.set(colour, (y * sidePx + x) * 3);
  }
  if (scene.specks !== undefined) paintSpecks(rgb, sidePx, scene.specks, random);
  return rgb;
}

function blendStops(stops: Scene['stops'], place: number): Rgb {
  const after = stops.findIndex(([start]) => start > place);
  const [upper, lower] =
    after === -1 ? [stops.at(-1), stops.at(-1)] : [stops[after - 1], stops[after]];
  if (upper === undefined || lower === undefined) throw new RangeError('a scene starts at 0');
  const width = lower[0] - upper[0];
  const share = width === 0 ? 0 : (place - upper[0]) / width;
  return [0, 1, 2].map((channel) =>
    Math.round((upper[1][channel] ?? 0) * (1 - share) + (lower[1][channel] ?? 0) * share),
  ) as Rgb;
}

function paintSpecks(
  rgb: Uint8Array,
  sidePx: number,
  specks: NonNullable<Scene['specks']>,
  random: Random,
): void {
  for (let index = 0; index < specks.count; index++) {
    const centre = { x: random.between(0, sidePx), y: random.between(0, sidePx * specks.below) };
    const radiusPx = specks.radiusPx * random.between(0.6, 1.4);
    for (const [x, y] of pixelsAround(centre, radiusPx)) {
      if (x >= 0 && y >= 0 && x < sidePx && y < sidePx) {
        rgb.set(specks.colour, (y * sidePx + x) * 3);
      }
    }
  }
}

function* pixelsAround(
  centre: { x: number; y: number },
  radiusPx: number,
): Generator<[x: number, y: number]> {
  for (let y = Math.floor(centre.y - radiusPx); y <= centre.y + radiusPx; y++) {
    for (let x = Math.floor(centre.x - radiusPx); x <= centre.x + radiusPx; x++) {
      if (Math.hypot(x - centre.x, y - centre.y) <= radiusPx) yield [x, y];
    }
  }
}

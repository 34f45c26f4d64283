/** Colours by name, and two ways to give an icon one: turn its hues, or tint all of it. */

/** Hue in degrees; saturation and lightness 0..1 that a tint aims at. */
interface NamedColour {
  hue: number;
  saturation: number;
  /** 0.5 keeps an icon's own lights and darks; less darkens, more lightens. */
  lightness: number;
}

export const COLOURS = {
  red: { hue: 2, saturation: 0.85, lightness: 0.48 },
  orange: { hue: 28, saturation: 0.95, lightness: 0.52 },
  yellow: { hue: 50, saturation: 0.95, lightness: 0.55 },
  green: { hue: 125, saturation: 0.65, lightness: 0.42 },
  blue: { hue: 216, saturation: 0.85, lightness: 0.5 },
  purple: { hue: 275, saturation: 0.7, lightness: 0.48 },
  pink: { hue: 330, saturation: 0.9, lightness: 0.7 },
  brown: { hue: 25, saturation: 0.55, lightness: 0.33 },
  black: { hue: 0, saturation: 0.02, lightness: 0.16 },
  white: { hue: 0, saturation: 0.02, lightness: 0.88 },
  grey: { hue: 0, saturation: 0.02, lightness: 0.5 },
} as const satisfies Record<string, NamedColour>;
export type ColourName = keyof typeof COLOURS;
export const COLOUR_NAMES = Object.keys(COLOURS) as ColourName[];
/** Those that turning a hue can reach. */
export const HUE_NAMES: readonly ColourName[] = [
  'red',
  'orange',
  'yellow',
  'green',
  'blue',
  'purple',
  'pink',
];

/** Pixels that count as coloured. */
const SATURATION_MIN = 0.25;
const ALPHA_MIN = 128;
const HUE_BINS = 36;
/** Hues this near to the commonest belong to it. */
const HUE_SPREAD_BINS = 3;

export interface HueSummary {
  /** Degrees: the commonest hue. */
  hue: number;
  /** 0..1: share of the opaque pixels that are coloured and near that hue. */
  share: number;
}

/** `rgba` = 4 bytes a pixel. */
export function summariseHue(rgba: Uint8Array): HueSummary {
  const bins = new Float64Array(HUE_BINS);
  let opaque = 0;
  for (let at = 0; at < rgba.length; at += 4) {
    if ((rgba[at + 3] ?? 0) < ALPHA_MIN) continue;
    opaque += 1;
    const [hue, saturation, lightness] = toHsl(rgba[at] ?? 0, rgba[at + 1] ?? 0, rgba[at + 2] ?? 0);
    if (saturation < SATURATION_MIN || lightness < 0.12 || lightness > 0.92) continue;
    const bin = Math.floor((hue / 360) * HUE_BINS) % HUE_BINS;
    bins[bin] = (bins[bin] ?? 0) + 1;
  }
  const near = (centre: number) => {
    let sum = 0;
    let offsets = 0;
    for (let offset = -HUE_SPREAD_BINS; offset <= HUE_SPREAD_BINS; offset++) {
      const pixels = bins[(centre + offset + HUE_BINS) % HUE_BINS] ?? 0;
      sum += pixels;
      offsets += pixels * offset;
    }
    return { sum, meanOffset: sum === 0 ? 0 : offsets / sum };
  };
  const best = bins.reduce((top, _, bin) => (near(bin).sum > near(top).sum ? bin : top), 0);
  const { sum, meanOffset } = near(best);
  return {
    hue: (((best + 0.5 + meanOffset) / HUE_BINS) * 360 + 360) % 360,
    share: opaque === 0 ? 0 : sum / opaque,
  };
}

/** The icon with all hues turned by so many degrees; greys stay. */
export function turnHue(rgba: Uint8Array, degrees: number): Uint8Array {
  return mapHsl(rgba, (hue, saturation, lightness) => [
    (hue + degrees + 720) % 360,
    saturation,
    lightness,
  ]);
}

/** The icon in shades of one colour: its lights and darks stay, moved towards the colour's own. */
export function tint(rgba: Uint8Array, name: ColourName): Uint8Array {
  const colour = COLOURS[name];
  const target = meanLightness(rgba);
  return mapHsl(rgba, (_, __, lightness) => {
    const moved = colour.lightness + (lightness - target) * 0.75;
    return [colour.hue, colour.saturation, Math.min(0.97, Math.max(0.04, moved))];
  });
}

function meanLightness(rgba: Uint8Array): number {
  let sum = 0;
  let count = 0;
  for (let at = 0; at < rgba.length; at += 4) {
    if ((rgba[at + 3] ?? 0) < ALPHA_MIN) continue;
    sum += toHsl(rgba[at] ?? 0, rgba[at + 1] ?? 0, rgba[at + 2] ?? 0)[2];
    count += 1;
  }
  return count === 0 ? 0.5 : sum / count;
}

type Hsl = [hue: number, saturation: number, lightness: number];

function mapHsl(rgba: Uint8Array, change: (...hsl: Hsl) => Hsl): Uint8Array {
  const result = new Uint8Array(rgba);
  for (let at = 0; at < rgba.length; at += 4) {
    if (rgba[at + 3] === 0) continue;
    const hsl = toHsl(rgba[at] ?? 0, rgba[at + 1] ?? 0, rgba[at + 2] ?? 0);
    result.set(toRgb(...change(...hsl)), at);
  }
  return result;
}

/** Bytes to degrees and two shares, as CSS Color 4 defines HSL. */
function toHsl(red: number, green: number, blue: number): Hsl {
  const most = Math.max(red, green, blue) / 255;
  const least = Math.min(red, green, blue) / 255;
  const lightness = (most + least) / 2;
  const range = most - least;
  if (range === 0) return [0, 0, lightness];
  const saturation = range / (1 - Math.abs(2 * lightness - 1));
  const scaled = [red, green, blue].map((value) => value / 255 / range) as [number, number, number];
  const sector =
    most === red / 255
      ? scaled[1] - scaled[2]
      : most === green / 255
        ? scaled[2] - scaled[0] + 2
        : scaled[0] - scaled[1] + 4;
  return [(sector * 60 + 360) % 360, saturation, lightness];
}

export function toRgb(
  hue: number,
  saturation: number,
  lightness: number,
): [number, number, number] {
  const reach = saturation * Math.min(lightness, 1 - lightness);
  const channel = (offset: number) => {
    const place = (offset + hue / 30) % 12;
    const value = lightness - reach * Math.max(-1, Math.min(place - 3, 9 - place, 1));
    return Math.round(value * 255);
  };
  return [channel(0), channel(8), channel(4)];
}

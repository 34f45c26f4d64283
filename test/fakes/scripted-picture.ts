/** Pictures for the scripted service: a shaded fruit on a table in the seed's colours, out of noise step by step. */
import type { Preview } from '#contract/job-event.ts';
import { toPng, type Pixels } from './png-writer.ts';

/** A number 0..1 that looks random and depends on its arguments alone. */
function hash(seed: number, x: number, y: number): number {
  let value = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(x + 1, 0xc2b2ae35);
  value = Math.imul(value ^ (value >>> 15) ^ Math.imul(y + 1, 0x27d4eb2f), 0x165667b1);
  return ((value ^ (value >>> 13)) >>> 0) / 4_294_967_296;
}

type Color = readonly [number, number, number];

function mix(a: Color, b: Color, share: number): Color {
  const t = Math.min(1, Math.max(0, share));
  return [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, a[2] + (b[2] - a[2]) * t];
}

function toColor(hue: number, saturation: number, lightness: number): Color {
  const channel = (offset: number) => {
    const k = (offset + hue * 12) % 12;
    const a = saturation * Math.min(lightness, 1 - lightness);
    return 255 * (lightness - a * Math.max(-1, Math.min(k - 3, 9 - k, 1)));
  };
  return [channel(0), channel(8), channel(4)];
}

/** The color at u, v in 0..1 of the finished picture. */
function scene(seed: number, u: number, v: number): Color {
  const hue = hash(seed, 1, 1);
  const [centerU, centerV] = [0.42 + 0.16 * hash(seed, 2, 1), 0.5 + 0.12 * hash(seed, 3, 1)];
  const radius = 0.22 + 0.1 * hash(seed, 4, 1);
  const sky = mix(toColor((hue + 0.45) % 1, 0.45, 0.82), toColor((hue + 0.55) % 1, 0.5, 0.62), v);
  const table = toColor((hue + 0.08) % 1, 0.3, 0.3 + 0.2 * (1 - v));
  const shadow = Math.hypot((u - centerU - 0.05) / 1.5, (v - centerV - radius * 0.95) * 3) / radius;
  const ground = v > 0.68 ? mix(mix(table, [20, 16, 24], 0.55), table, shadow) : sky;
  const distance = Math.hypot(u - centerU, v - centerV) / radius;
  const light = Math.hypot(u - centerU + radius * 0.35, v - centerV + radius * 0.4) / radius;
  const body = mix(toColor(hue, 0.85, 0.72), toColor(hue, 0.8, 0.26), light / 1.45);
  const edge = (distance - 0.97) / 0.06;
  const isStem = Math.abs(u - centerU - 0.02) < 0.018 && v < centerV - radius * 0.8;
  const stem = isStem && v > centerV - radius * 1.35;
  return stem && distance > 0.8 ? [88, 62, 40] : mix(body, ground, edge);
}

export interface SheetSize {
  tileWidthPx: number;
  tileHeightPx: number;
  columns: number;
}

/** Pictures with seeds seed, seed + 1, … side by side; progress 0 is noise, 1 is done. */
export function drawSheet(seed: number, count: number, progress: number, size: SheetSize): Pixels {
  const { tileWidthPx, tileHeightPx, columns } = size;
  const widthPx = tileWidthPx * columns;
  const heightPx = tileHeightPx * Math.ceil(count / columns);
  const rgb = new Uint8Array(widthPx * heightPx * 3);
  for (let index = 0; index < count; index += 1) {
    const left = (index % columns) * tileWidthPx;
    const top = Math.floor(index / columns) * tileHeightPx;
    for (let y = 0; y < tileHeightPx; y += 1) {
      for (let x = 0; x < tileWidthPx; x += 1) {
        const clean = scene(seed + index, (x + 0.5) / tileWidthPx, (y + 0.5) / tileHeightPx);
        const noise = [0, 1, 2].map((c) => 255 * hash(seed + index + c * 7_919, x, y));
        const noisy: Color = [noise[0] ?? 0, noise[1] ?? 0, noise[2] ?? 0];
        rgb.set(mix(noisy, clean, progress ** 0.7), ((top + y) * widthPx + left + x) * 3);
      }
    }
  }
  return { widthPx, heightPx, rgb };
}

/** The preview sheet that an engine with 8 pixels a latent cell would send. */
export function drawPreview(
  seed: number,
  count: number,
  progress: number,
  picture: { widthPx: number; heightPx: number },
): Preview {
  const columns = count > 1 ? 2 : 1;
  const sheet = drawSheet(seed, count, progress, {
    tileWidthPx: Math.max(2, Math.round(picture.widthPx / 8)),
    tileHeightPx: Math.max(2, Math.round(picture.heightPx / 8)),
    columns,
  });
  return {
    mediaType: 'image/png',
    widthPx: sheet.widthPx,
    heightPx: sheet.heightPx,
    columns,
    base64: Buffer.from(toPng(sheet)).toString('base64'),
  };
}

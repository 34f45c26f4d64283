/** An icon's file as pixels: the only place of the data step that knows sharp. */
import sharp from 'sharp';
import { SIDE_PX } from './paint-picture.ts';

/** CSS pixels an inch: an SVG's own size is in these. */
const CSS_DENSITY = 96;
/** Rendered larger and scaled down: librsvg's own edges are coarse at small sizes. */
const OVERSAMPLING = 2;
const SVG_SIDE_MAX = 1024;

/**
 * RGBA bytes [128 × 128 × 4] of an SVG or WebP file, fitted into the square and centred, colours not multiplied by
 * alpha. Rejects when the file cannot be drawn.
 */
export async function renderIcon(file: Buffer): Promise<Uint8Array> {
  const { width, format } = await sharp(file).metadata();
  const wanted = Math.min(SVG_SIDE_MAX, SIDE_PX * OVERSAMPLING);
  const density = format === 'svg' ? Math.max(1, (CSS_DENSITY * wanted) / width) : CSS_DENSITY;
  return sharp(file, { density })
    .resize(SIDE_PX, SIDE_PX, { fit: 'contain', background: { r: 0, g: 0, b: 0, alpha: 0 } })
    .ensureAlpha()
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer();
}

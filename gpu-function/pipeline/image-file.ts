/** Picture files in and out: the only place that knows sharp. PNG, JPEG and WebP in; PNG out, lossy copies for eyes. */
import { GenerationError } from '#contract/generation-error.ts';
import type { ClipFormat } from '#contract/generation-request.ts';
import { LIMITS } from '#contract/limits.ts';
import { insertPngTexts, isPng, readPngTexts, type PngTexts } from '#contract/png-text.ts';
import { MACHINE_MADE_XMP } from '#contract/provenance.ts';
import sharp from 'sharp';
import type { PixelImage } from './pixels.ts';

// One picture is read once: a cache of decoded files would only hold memory.
sharp.cache(false);

/** Measured on 1024×1024: twice the time of level 2 for a seventh less, and level 9 takes seven times as long again. */
const PNG_OPTIONS = { compressionLevel: 6, adaptiveFiltering: true, palette: false } as const;

/** For one file, whatever it holds: a decoder that takes longer was given something to make it slow. */
const DECODE_TIMEOUT_SECONDS = 20;

export interface ImageFile {
  image: PixelImage;
  /** Of a PNG; other formats have none. */
  texts: PngTexts;
}

/** The PNG file of a picture with the texts in it. The same picture and texts give the same bytes. */
export async function encodePng(image: PixelImage, texts: PngTexts): Promise<Buffer> {
  const file = await openPixels(image).png(PNG_OPTIONS).toBuffer();
  return insertPngTexts(file, texts);
}

/**
 * Decodes a file from outside, upright as its EXIF says, in 8-bit sRGB; of an animation the first picture. Throws
 * GenerationError `image-unreadable` when it is no PNG, JPEG, WebP, GIF or AVIF by its content, is damaged, or is larger
 * than LIMITS allow; nothing is decoded before that is known.
 */
export async function decodeImageFile(file: Uint8Array): Promise<ImageFile> {
  checkIsPicture(file);
  try {
    const source = openFile(file);
    refuseLongSides(await source.metadata());
    const { data, info } = await source
      .autoOrient()
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .timeout({ seconds: DECODE_TIMEOUT_SECONDS })
      .toBuffer({ resolveWithObject: true });
    const image = { pixels: data, widthPx: info.width, heightPx: info.height };
    return { image: { ...image, channels: toChannels(info.channels) }, texts: readPngTexts(file) };
  } catch (error) {
    throw error instanceof GenerationError ? error : toUnreadable(error);
  }
}

function openFile(file: Uint8Array) {
  return sharp(file, {
    limitInputPixels: LIMITS.sourcePixelsMax,
    failOn: 'error',
    // Row by row where the format allows: a large file is never in memory as a whole before it is known to be sound.
    sequentialRead: true,
  });
}

function refuseLongSides({ width, height }: { width: number; height: number }): void {
  const sideMax = LIMITS.sourceSidePxMax;
  if (Math.max(width, height) <= sideMax) return;
  throw unreadable(
    `The picture is ${width}×${height}; send one of at most ${sideMax} pixels a side.`,
  );
}

/** The picture at another size by Lanczos resampling with three lobes. */
export async function resampleLanczos(
  image: PixelImage,
  widthPx: number,
  heightPx: number,
): Promise<PixelImage> {
  const pixels = await openPixels(image)
    .resize(widthPx, heightPx, { kernel: 'lanczos3', fit: 'fill' })
    .raw({ depth: 'uchar' })
    .toBuffer();
  return { pixels, widthPx, heightPx, channels: image.channels };
}

/** The picture at another size without rings: for what is soft already. */
export async function resampleSmoothly(
  image: PixelImage,
  widthPx: number,
  heightPx: number,
): Promise<PixelImage> {
  const pixels = await openPixels(image)
    .resize(widthPx, heightPx, { kernel: 'cubic', fit: 'fill' })
    .removeAlpha()
    .raw({ depth: 'uchar' })
    .toBuffer();
  return { pixels, widthPx, heightPx, channels: 3 };
}

/** A small square copy, stretched, RGB on white; of an animation the first picture. For pictures of our own. */
export async function readThumbnail(file: Uint8Array, sidePx: number): Promise<PixelImage> {
  const pixels = await sharp(file, { failOn: 'error' })
    .resize(sidePx, sidePx, { kernel: 'linear', fit: 'fill' })
    .flatten({ background: '#ffffff' })
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer();
  return { pixels, widthPx: sidePx, heightPx: sidePx, channels: 3 };
}

export interface Animation {
  /** RGB, all of one size. */
  frames: readonly PixelImage[];
  /** How long each is shown. */
  delaysMs: readonly number[];
  format: ClipFormat;
}

const WEBP_CLIP_OPTIONS = { quality: 80, effort: 3 } as const;
const GIF_CLIP_OPTIONS = { effort: 4 } as const;
/** Each try to come below the limit has sides as long as this share of the ones before. */
const CLIP_SHRINK = 0.7;

/** An animated file that plays without end, made smaller until it has at most LIMITS.clipBytes. */
export async function encodeAnimation(
  animation: Animation,
): Promise<{ file: Buffer; widthPx: number; heightPx: number }> {
  const [first] = animation.frames;
  if (first === undefined) throw new RangeError('an animation has pictures');
  let [widthPx, heightPx] = [first.widthPx, first.heightPx];
  for (;;) {
    const file = await encodeFrames(animation, widthPx, heightPx);
    if (file.length <= LIMITS.clipBytes || Math.min(widthPx, heightPx) < 32) {
      return { file, widthPx, heightPx };
    }
    widthPx = Math.round(widthPx * CLIP_SHRINK);
    heightPx = Math.round(heightPx * CLIP_SHRINK);
  }
}

async function encodeFrames(
  { frames, delaysMs, format }: Animation,
  widthPx: number,
  heightPx: number,
): Promise<Buffer> {
  const sized: Uint8Array[] = [];
  for (const frame of frames) {
    const isSized = frame.widthPx === widthPx && frame.heightPx === heightPx;
    const { pixels } = isSized ? frame : await resampleSmoothly(frame, widthPx, heightPx);
    sized.push(new Uint8Array(pixels));
  }
  const raw = {
    width: widthPx,
    height: heightPx * frames.length,
    channels: 3,
    pageHeight: heightPx,
  } as const;
  const strip = sharp(Buffer.concat(sized), { raw });
  const timing = { loop: 0, delay: [...delaysMs] };
  return format === 'webp'
    ? strip
        .webp({ ...WEBP_CLIP_OPTIONS, ...timing })
        .withXmp(MACHINE_MADE_XMP)
        .toBuffer()
    : strip.gif({ ...GIF_CLIP_OPTIONS, ...timing }).toBuffer();
}

export interface ViewOptions {
  format: 'image/webp' | 'image/jpeg';
  /** 1..100 */
  quality: number;
  /** The longer side; the picture's own when left out. Enlarged smoothly, made smaller sharply. */
  sidePx?: number;
}

/** A lossy copy of a picture for looking at, without its texts. Throws GenerationError `image-unreadable`. */
export async function encodeForViewing(file: Uint8Array, options: ViewOptions): Promise<Buffer> {
  checkIsPicture(file);
  const { format, quality, sidePx } = options;
  try {
    const opened = openFile(file);
    const sized =
      sidePx === undefined
        ? opened
        : opened.resize(sidePx, sidePx, { kernel: 'cubic', fit: 'inside' });
    return await (
      format === 'image/webp' ? sized.webp({ quality }) : sized.jpeg({ quality })
    ).toBuffer();
  } catch (error) {
    throw toUnreadable(error);
  }
}

/** Pixels of a picture file, before it is decoded. Throws GenerationError `image-unreadable`. */
export async function readPictureSize(
  file: Uint8Array,
): Promise<{ widthPx: number; heightPx: number }> {
  checkIsPicture(file);
  try {
    const { width, height } = await openFile(file).metadata();
    return { widthPx: width, heightPx: height };
  } catch (error) {
    throw toUnreadable(error);
  }
}

function openPixels({ pixels, widthPx, heightPx, channels }: PixelImage) {
  return sharp(pixels, { raw: { width: widthPx, height: heightPx, channels } });
}

function toChannels(channels: number): 3 | 4 {
  if (channels === 3 || channels === 4) return channels;
  throw new Error(`Unexpected number of channels ${channels} in sRGB`);
}

/** Looks at the first bytes alone, so that libraries for vector and raw formats are never asked. */
function checkIsPicture(file: Uint8Array): void {
  if (file.length > LIMITS.imageBytes) {
    throw unreadable(
      `The picture has ${file.length} bytes; send one of at most ${LIMITS.imageBytes}.`,
    );
  }
  if (isPng(file) || PICTURE_HEADS.some((pattern) => pattern.test(readHead(file)))) return;
  throw unreadable(
    'The file is no picture that can be read; send a PNG, JPEG, WebP, GIF or AVIF file.',
  );
}

/** JPEG, WebP, GIF and AVIF, as https://mimesniff.spec.whatwg.org lists them; AVIF's brand is in its first box. */
const PICTURE_HEADS = [/^\u00ff\u00d8\u00ff/, /^RIFF.{4}WEBP/s, /^GIF8[79]a/, /^.{4}ftypavi[fs]/s];

function readHead(file: Uint8Array): string {
  return Buffer.from(file.subarray(0, 12)).toString('latin1');
}

function toUnreadable(error: unknown): GenerationError {
  const text = error instanceof Error ? error.message : '';
  if (text.includes('pixel limit')) {
    const megapixels = LIMITS.sourcePixelsMax / 2 ** 20;
    return unreadable(
      `The picture has too many pixels; send one of at most ${megapixels} million.`,
      error,
    );
  }
  return unreadable(
    text.includes('timeout')
      ? `The picture takes longer than ${DECODE_TIMEOUT_SECONDS} seconds to read; save it anew as PNG and send that.`
      : 'The picture file is damaged or incomplete; send it again.',
    error,
  );
}

function unreadable(message: string, cause?: unknown): GenerationError {
  return new GenerationError('image-unreadable', message, { cause });
}

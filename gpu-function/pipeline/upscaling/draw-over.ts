/** The second half of a creative enlargement: image-to-image over the enlarged picture, window by window. */
import { GenerationError } from '#contract/generation-error.ts';
import { generateRequestSchema, type UpscaleRequest } from '#contract/generation-request.ts';
import type { Settings } from '#contract/generation-result.ts';
import { STRENGTHS } from '#contract/strengths.ts';
import { planSampling } from '../../sampling/plan-sampling.ts';
import { decodePictures, drawLatents, type Drawing, type Studio } from '../draw.ts';
import { createCanvasPainter } from '../editing/preview-canvas.ts';
import { cutOut, flatten, layOver, wholeOf, type Area } from '../editing/picture-area.ts';
import { coverWithWindows } from '../editing/plan-windows.ts';
import { encodePrompts } from '../encode-prompt.ts';
import { resampleLanczos } from '../image-file.ts';
import type { PixelImage } from '../pixels.ts';
import type { EngineRun, ImageModel } from '../ports.ts';
import { createNoiseStreams } from '../prepare-latents.ts';
import { resampleAsPillow } from '../resample-picture.ts';
import { resolveSettings } from '../resolve-settings.ts';
import { withAlphaOf } from './enlarge-with-alpha.ts';
import { tokenizePrompts } from '../tokenize-prompts.ts';
import { mapDetail } from './detail-map.ts';

interface Size {
  widthPx: number;
  heightPx: number;
}

export interface DrawingOver {
  studio: Omit<Studio, 'run'>;
  settings: Settings;
  drawSize: Size;
  windows: Area[];
  notes: string[];
}

/** More would take longer than anybody waits. */
const WINDOWS_MAX = 100;

/** Models whose own pictures have no longer side than this draw icons, no parts of larger pictures. */
const TINY_SIDE_MAX_PX = 256;

function defaultStrength({ description }: Pick<ImageModel, 'description'>): number {
  const { widthPx, heightPx } = description.fixedSize ?? description.defaults;
  const isTiny = Math.max(widthPx, heightPx) <= TINY_SIDE_MAX_PX;
  return STRENGTHS.creativeUpscale[isTiny ? 'tinyModel' : 'default'];
}

/** Throws the errors of any drawing, and `size-unsupported` for a picture of too many windows. */
export async function prepareDrawingOver(
  creative: NonNullable<UpscaleRequest['creative']>,
  { source, size }: { source: PixelImage; size: Size },
  { openModel }: { openModel: (modelId: string | undefined) => Promise<ImageModel> },
): Promise<DrawingOver> {
  const model = await openModel(creative.modelId);
  const { strength = defaultStrength(model), ...words } = creative;
  const request = generateRequestSchema.parse({ ...words, kind: 'generate' });
  const resolved = resolveSettings(request, model);
  const drawSize = { widthPx: resolved.settings.widthPx, heightPx: resolved.settings.heightPx };
  const fit = Math.min(1, size.widthPx / drawSize.widthPx, size.heightPx / drawSize.heightPx);
  const window = {
    widthPx: Math.round(drawSize.widthPx * fit),
    heightPx: Math.round(drawSize.heightPx * fit),
  };
  const windows = coverWithWindows(
    { left: 0, top: 0, right: size.widthPx, bottom: size.heightPx },
    window,
    size,
  );
  if (windows.length > WINDOWS_MAX) {
    throw new GenerationError(
      'size-unsupported',
      `A creative enlargement to ${size.widthPx}×${size.heightPx} takes ${windows.length} drawings of this model, more than ${WINDOWS_MAX}; choose a smaller picture or factor, or a model of larger pictures.`,
    );
  }
  const settings: Settings = { ...resolved.settings, ...size, strength };
  const plan = planSampling({ ...settings, scheduler: model.scheduler });
  const prompts = tokenizePrompts(model, settings);
  const encoding = await encodePrompts(model, prompts.rows, 1);
  const streams = createNoiseStreams(settings);
  return {
    studio: { model, settings, plan, encoding, streams },
    settings,
    drawSize,
    windows: windows.filter((window) => hasDetail(source, window, size)),
    notes: [...resolved.notes, ...prompts.notes],
  };
}

/** Whether there is anything to draw over in a window of the enlarged picture. */
function hasDetail(source: PixelImage, window: Area, size: Size): boolean {
  const [scaleX, scaleY] = [source.widthPx / size.widthPx, source.heightPx / size.heightPx];
  const area = {
    left: Math.floor(window.left * scaleX),
    top: Math.floor(window.top * scaleY),
    right: Math.ceil(window.right * scaleX),
    bottom: Math.ceil(window.bottom * scaleY),
  };
  return mapDetail(flatten(cutOut(source, area))) !== undefined;
}

export function countDrawingsOver(drawing: DrawingOver | undefined): number {
  return drawing === undefined ? 0 : drawing.windows.length * drawing.studio.plan.steps;
}

/**
 * Each window starts from what the ones before it drew, and fades into them. Plain ground stays as it was enlarged: a
 * model that is shown nothing draws specks into it. Transparency stays as it is.
 */
export async function drawOver(
  picture: PixelImage,
  { studio, settings, drawSize, windows }: DrawingOver,
  { run, part }: { run: EngineRun; part: NonNullable<Drawing['part']> },
): Promise<PixelImage> {
  const stepsPerWindow = studio.plan.steps;
  const detail = windows.length === 0 ? undefined : mapDetail(flatten(picture));
  let canvas = picture;
  for (const [index, area] of windows.entries()) {
    const start = flatten(cutOut(canvas, area));
    const drawn = await drawLatents(
      { ...studio, run },
      {
        size: drawSize,
        start: {
          pictures: [resampleAsPillow(start, drawSize.widthPx, drawSize.heightPx)],
          strength: settings.strength ?? 1,
        },
        part: { ...part, stepsBefore: part.stepsBefore + index * stepsPerWindow },
        paint: createCanvasPainter({ ...studio, run }, [canvas], area, drawSize),
      },
    );
    for await (const over of decodePictures(studio, drawn)) {
      const fitting = await resampleLanczos(over, start.widthPx, start.heightPx);
      canvas = layOver(canvas, fitting, area, fadeFromEdges(area, canvas));
    }
  }
  const drawn = layOver(picture, canvas, wholeOf(picture), detail ?? new Float32Array());
  return withAlphaOf(drawn, picture);
}

/** Of a window's side: how far from its edge it is faded in, where it is not the picture's own edge. */
const FADE_SHARE = 0.25;

function fadeFromEdges(area: Area, { widthPx, heightPx }: Size): Float32Array {
  const [width, height] = [area.right - area.left, area.bottom - area.top];
  const rise = (
    at: number,
    length: number,
    [isOpenStart, isOpenEnd]: readonly [boolean, boolean],
  ) => {
    const fade = length * FADE_SHARE;
    const before = isOpenStart ? (at + 0.5) / fade : 1;
    const after = isOpenEnd ? (length - at - 0.5) / fade : 1;
    return Math.min(1, before, after);
  };
  return Float32Array.from({ length: width * height }, (_, place) => {
    const x = rise(place % width, width, [area.left > 0, area.right < widthPx]);
    const y = rise(Math.floor(place / width), height, [area.top > 0, area.bottom < heightPx]);
    return x * y;
  });
}

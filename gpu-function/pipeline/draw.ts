/** One drawing at a size that the model draws: start, steps, latents to pictures. A job is one or several of them. */
import type { Settings } from '#contract/generation-result.ts';
import type { SamplingPlan } from '../sampling/sampling-plan.ts';
import { decodeLatents } from './decode-latents.ts';
import { denoise } from './denoise.ts';
import type { encodePrompts } from './encode-prompt.ts';
import type { PixelImage } from './pixels.ts';
import type { EngineRun, ImageModel, Tensor } from './ports.ts';
import { prepareConditioning } from './prepare-conditioning.ts';
import type { NoiseStream } from './prepare-latents.ts';
import type { createPreviewPainter } from './preview.ts';
import { joinRolled, roll, ROLLS } from './seamless.ts';
import { startFromPicture, startWithoutPicture, type PictureStart } from './start-from-picture.ts';

/** What all drawings of a job share. */
export interface Studio {
  model: ImageModel;
  settings: Settings;
  plan: SamplingPlan;
  encoding: Awaited<ReturnType<typeof encodePrompts>>;
  /** One a picture; each drawing goes on where the last one ended, so that no two windows have the same noise. */
  streams: readonly NoiseStream[];
  run: Pick<EngineRun, 'report' | 'isCanceled'>;
}

export interface Drawing {
  size: { widthPx: number; heightPx: number };
  /** Left out = from words alone. */
  start?: PictureStart | undefined;
  part?: { stepsBefore: number; stepsInAll: number } | undefined;
  paint?: ReturnType<typeof createPreviewPainter> | undefined;
}

/** The latents of all pictures of the job. Throws RunCanceled between two steps. */
export async function drawLatents(studio: Studio, drawing: Drawing): Promise<Tensor> {
  const { model, plan, streams, run, encoding } = studio;
  const { size, part, paint } = drawing;
  const settings = { ...studio.settings, ...size };
  const { start, extraChannels } =
    drawing.start === undefined
      ? await startWithoutPicture({ model, plan, streams, size })
      : await startFromPicture({ model, plan, streams, start: drawing.start });
  const conditioning = prepareConditioning({ model, settings, encoding });
  return denoise({ model, settings, plan, start, conditioning, extraChannels, run, part, paint });
}

/** The pictures of a batch, one after the other. */
export async function* decodePictures(
  { model, settings }: Pick<Studio, 'model' | 'settings'>,
  latents: Tensor,
): AsyncGenerator<PixelImage> {
  if (settings.tile !== true) {
    yield* decodeLatents(model, latents, settings);
    return;
  }
  const [, , height = 1, width = 1] = latents.shape;
  const decoded: PixelImage[][] = [];
  for (const [halvesDown, halvesRight] of ROLLS) {
    const shift = [(halvesDown * height) / 2, (halvesRight * width) / 2] as const;
    const rolled = { ...latents, data: roll(latents.data, [height, width], shift) };
    const pictures: PixelImage[] = [];
    for await (const picture of decodeLatents(model, rolled, settings)) pictures.push(picture);
    decoded.push(pictures);
  }
  for (const [index] of (decoded[0] ?? []).entries()) {
    yield joinRolled(decoded.flatMap((pictures) => pictures[index] ?? []));
  }
}

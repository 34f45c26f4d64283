/** A run that starts from a picture: its latents, noised to the level of the first step, and what a mask keeps of it. */
import { addNoise } from '../sampling/forward-process.ts';
import type { SamplingPlan } from '../sampling/sampling-plan.ts';
import { encodePictures } from './encode-pictures.ts';
import { toLatentMask, type MaskPlane } from './editing/mask-plane.ts';
import type { PixelImage } from './pixels.ts';
import type { ImageModel, Tensor } from './ports.ts';
import {
  joinPictures,
  startFromNoise,
  toLatentShape,
  type NoiseStream,
  type StartingPoint,
} from './prepare-latents.ts';

export interface PictureStart {
  /** RGB at the size that is drawn; one for all pictures of the job, or one for each. */
  pictures: readonly PixelImage[];
  /** 0..1, see the request's `strength`. */
  strength: number;
  /** Of the pictures' size. Left out = all is drawn anew. */
  mask?: MaskPlane | undefined;
}

interface PictureStartRequest {
  model: Pick<
    ImageModel,
    'encode' | 'latentChannels' | 'vaeFactor' | 'scalingFactor' | 'shiftFactor' | 'isInpainting'
  >;
  plan: Pick<SamplingPlan, 'initialNoiseScale' | 'startLevel'>;
  /** One a picture of the job. */
  streams: readonly NoiseStream[];
  start: PictureStart;
}

interface PreparedStart {
  start: StartingPoint;
  /** What an inpainting network is given beside the sample. */
  extraChannels: Tensor | undefined;
}

/**
 * Noise is drawn in diffusers' order: for the encoder's distribution, for the start, for an inpainting network's masked
 * picture. With a mask and strength 1 a run starts from pure noise, as there.
 */
export async function startFromPicture(request: PictureStartRequest): Promise<PreparedStart> {
  const { model, plan, streams, start } = request;
  const { mask } = start;
  const [first] = start.pictures;
  if (first === undefined) throw new RangeError('there is no picture to start from');
  const shape = toLatentShape(model, first, streams.length);
  const isPureNoise = mask !== undefined && start.strength === 1;
  const isBlended = mask !== undefined && !model.isInpainting;
  const clean =
    isPureNoise && !isBlended ? undefined : await encodePictures(model, start.pictures, streams);
  const noise = startFromNoise(streams, shape, { initialNoiseScale: 1 });
  const latents =
    clean === undefined || isPureNoise
      ? noise.latents.map((value) => value * plan.initialNoiseScale)
      : addNoise(clean, noise.latents, plan.startLevel);
  const kept =
    isBlended && clean !== undefined
      ? { clean, noise: noise.latents, mask: toLatentMask(mask, model.vaeFactor) }
      : undefined;
  return {
    start: { ...noise, latents, kept },
    extraChannels: model.isInpainting ? await toExtraChannels(request, shape) : undefined,
  };
}

/** An inpainting network drawing all of a picture, from words alone: everything is masked, nothing is shown. */
export async function startWithoutPicture(
  request: Pick<PictureStartRequest, 'model' | 'streams'> & {
    plan: Pick<SamplingPlan, 'initialNoiseScale'>;
    size: { widthPx: number; heightPx: number };
  },
): Promise<PreparedStart> {
  const { model, streams, plan, size } = request;
  const shape = toLatentShape(model, size, streams.length);
  const start = startFromNoise(streams, shape, plan);
  if (!model.isInpainting) return { start, extraChannels: undefined };
  const places = size.widthPx * size.heightPx;
  const picture: PixelImage = { ...size, pixels: new Uint8Array(places * 3), channels: 3 };
  const hidden = { pictures: [picture], strength: 1 };
  return { start, extraChannels: await toExtraChannels({ model, streams, start: hidden }, shape) };
}

/** [count, 1 + channels, height, width]: the mask, then the latents of the picture with the masked part made grey. */
async function toExtraChannels(
  { model, streams, start }: Pick<PictureStartRequest, 'model' | 'streams' | 'start'>,
  shape: StartingPoint['shape'],
): Promise<Tensor> {
  const [count, channels, height, width] = shape;
  const plane = height * width;
  const mask =
    start.mask === undefined
      ? new Float32Array(plane).fill(1)
      : toLatentMask(start.mask, model.vaeFactor);
  const hidden = await encodePictures(model, start.pictures, streams, start.mask ?? 'all');
  const parts = Array.from({ length: count }, (_, index) => {
    const part = new Float32Array((1 + channels) * plane);
    part.set(mask);
    part.set(hidden.subarray(index * channels * plane, (index + 1) * channels * plane), plane);
    return part;
  });
  return { data: joinPictures(parts), shape: [count, 1 + channels, height, width] };
}

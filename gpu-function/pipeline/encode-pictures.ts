/** Pictures to latents, as the network knows them. */
import { sampleVaePosterior } from '../sampling/vae-posterior.ts';
import type { MaskPlane } from './editing/mask-plane.ts';
import { toTensor, type PixelImage } from './pixels.ts';
import type { ImageModel, Tensor, VaeEncoding } from './ports.ts';
import { joinPictures, type NoiseStream } from './prepare-latents.ts';

/**
 * [pictures of the job, channels, height, width], scaled for the network. One picture serves all of the job and is
 * encoded once; where the encoder gives a distribution, each picture of the job draws from it with its own stream.
 * What is hidden becomes the middle grey, 0 in -1..1, as inpainting networks were trained.
 */
export async function encodePictures(
  model: Pick<ImageModel, 'encode' | 'scalingFactor' | 'shiftFactor'>,
  pictures: readonly PixelImage[],
  streams: readonly NoiseStream[],
  hidden?: MaskPlane | 'all',
): Promise<Float32Array> {
  const encodings: VaeEncoding[] = [];
  for (const picture of pictures) {
    encodings.push(await model.encode(hide(toTensor(picture), hidden)));
  }
  const latents = streams.map((stream, index) => {
    const encoding = encodings[index] ?? encodings[0];
    if (encoding === undefined) throw new RangeError('there is no picture to encode');
    return toLatents(encoding, stream);
  });
  return joinPictures(latents).map((value) => (value - model.shiftFactor) * model.scalingFactor);
}

function toLatents(encoding: VaeEncoding, stream: NoiseStream): Float32Array {
  switch (encoding.kind) {
    case 'sampled':
      return encoding.latents.data;
    case 'parameters': {
      const { mean, logVariance } = encoding;
      const parameters = joinPictures([mean.data, logVariance.data]);
      return sampleVaePosterior(parameters, stream.draw(mean.data.length), 1);
    }
  }
}

function hide(picture: Tensor, hidden: MaskPlane | 'all' | undefined): Tensor {
  if (hidden === undefined) return picture;
  if (hidden === 'all') return { ...picture, data: new Float32Array(picture.data.length) };
  const plane = hidden.values.length;
  const data = picture.data.map((value, at) => (hidden.values[at % plane] === 1 ? 0 : value));
  return { ...picture, data };
}

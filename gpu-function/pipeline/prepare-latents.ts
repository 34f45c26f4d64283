/** The noise that a job starts from: every picture's own, so that each can be drawn again alone. */
import type { Settings } from '#contract/generation-result.ts';
import { toSinglePicture } from '#contract/recipe.ts';
import type { SamplingPlan } from '../sampling/sampling-plan.ts';
import { slerp } from '../sampling/slerp.ts';
import { createTorchRandom } from '../sampling/torch-random.ts';
import type { ImageModel } from './ports.ts';

/** A seed's stream of standard normal numbers; each call goes on where the last one ended. */
interface NoiseStream {
  draw(length: number): Float32Array;
}
export type CreateNoise = (seed: number) => NoiseStream;

export interface StartingPoint {
  /** Unit noise times the sampler's initial scale, [count, channels, height, width] of latent cells. */
  latents: Float32Array;
  shape: readonly [number, number, number, number];
  /** Noise for one step of all pictures, for samplers that add some. */
  drawNoise: () => Float32Array;
}

export interface StartingPointRequest {
  model: Pick<ImageModel, 'latentChannels' | 'vaeFactor'>;
  settings: Settings;
  plan: Pick<SamplingPlan, 'initialNoiseScale'>;
  createNoise?: CreateNoise | undefined;
}

/**
 * Each picture has a generator of its own, as when diffusers is given a list of them: the picture's first numbers are its
 * start, and stochastic samplers go on drawing from the same stream. Variations turn everything that is drawn (slerp),
 * with noise of their own seeds' generators: with the start alone turned, an ancestral sampler draws nearly the same
 * picture again, since the noise of its steps decides more than where it began.
 */
export function prepareLatents({
  model,
  settings,
  plan,
  createNoise = createTorchNoise,
}: StartingPointRequest): StartingPoint {
  const height = settings.heightPx / model.vaeFactor;
  const width = settings.widthPx / model.vaeFactor;
  const length = model.latentChannels * height * width;
  const pictures = Array.from({ length: settings.count }, (_, index) =>
    toSinglePicture(settings, index),
  );
  const streams = pictures.map(({ seed, variations = [] }) =>
    variations.reduce(
      (from, turn) => turnStream(from, createNoise(turn.seed), turn.strength),
      createNoise(seed),
    ),
  );
  const latents = joinPictures(streams.map((stream) => stream.draw(length)));
  for (let at = 0; at < latents.length; at++) {
    latents[at] = (latents[at] ?? 0) * plan.initialNoiseScale;
  }
  return {
    latents,
    shape: [settings.count, model.latentChannels, height, width],
    drawNoise: () => joinPictures(streams.map((stream) => stream.draw(length))),
  };
}

function turnStream(from: NoiseStream, to: NoiseStream, strength: number): NoiseStream {
  return { draw: (length) => slerp(from.draw(length), to.draw(length), strength) };
}

function createTorchNoise(seed: number): NoiseStream {
  const random = createTorchRandom(seed);
  return { draw: (length) => random.normal(length) };
}

function joinPictures(parts: readonly Float32Array[]): Float32Array {
  const [first = new Float32Array(0)] = parts;
  const joined = new Float32Array(first.length * parts.length);
  for (const [index, part] of parts.entries()) joined.set(part, index * first.length);
  return joined;
}

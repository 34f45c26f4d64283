/** The noise that a job starts from: every picture's own, so that each can be drawn again alone. */
import type { Settings } from '#contract/generation-result.ts';
import { toSinglePicture } from '#contract/recipe.ts';
import { createBrownianPath, type BrownianPath } from '../sampling/brownian-path.ts';
import type { NoiseInterval } from '../sampling/sampler.ts';
import type { SamplingPlan } from '../sampling/sampling-plan.ts';
import { slerp } from '../sampling/slerp.ts';
import { createTorchRandom } from '../sampling/torch-random.ts';
import type { KeptPart } from './blend-kept.ts';
import type { ImageModel } from './ports.ts';

/** A seed's stream of standard normal numbers; each call goes on where the last one ended. */
export interface NoiseStream {
  /** With an interval, the noise of that stretch of the seed's Brownian path instead; it takes nothing from the stream. */
  draw(length: number, interval?: NoiseInterval): Float32Array;
}
export type CreateNoise = (seed: number) => NoiseStream;

export interface StartingPoint {
  /** [count, channels, height, width] of latent cells, as noisy as the plan's first step expects. */
  latents: Float32Array;
  shape: readonly [number, number, number, number];
  /** Noise for one step of all pictures, for samplers that add some. */
  drawNoise: (interval?: NoiseInterval) => Float32Array;
  /** The part of a picture that stays as it is while the rest is drawn. */
  kept?: KeptPart | undefined;
}

interface StartingPointRequest {
  model: Pick<ImageModel, 'latentChannels' | 'vaeFactor'>;
  settings: Pick<Settings, 'seed' | 'count' | 'variations' | 'widthPx' | 'heightPx'>;
  plan: Pick<SamplingPlan, 'initialNoiseScale'>;
  createNoise?: CreateNoise | undefined;
}

/** A start from nothing but noise, with new streams. */
export function prepareLatents(request: StartingPointRequest): StartingPoint {
  const { model, settings, plan, createNoise } = request;
  const streams = createNoiseStreams(settings, createNoise);
  return startFromNoise(streams, toLatentShape(model, settings, settings.count), plan);
}

/** Unit noise times the sampler's initial scale; every picture's from its own stream, which goes on with `drawNoise`. */
export function startFromNoise(
  streams: readonly NoiseStream[],
  shape: StartingPoint['shape'],
  plan: Pick<SamplingPlan, 'initialNoiseScale'>,
): StartingPoint {
  const [, ...picture] = shape;
  const length = picture.reduce((product, side) => product * side, 1);
  const drawNoise = (interval?: NoiseInterval) =>
    joinPictures(streams.map((stream) => stream.draw(length, interval)));
  const latents = drawNoise();
  for (let at = 0; at < latents.length; at++) {
    latents[at] = (latents[at] ?? 0) * plan.initialNoiseScale;
  }
  return { latents, shape, drawNoise };
}

export function toLatentShape(
  { latentChannels, vaeFactor }: Pick<ImageModel, 'latentChannels' | 'vaeFactor'>,
  { widthPx, heightPx }: { widthPx: number; heightPx: number },
  count: number,
): StartingPoint['shape'] {
  return [count, latentChannels, heightPx / vaeFactor, widthPx / vaeFactor];
}

/**
 * Each picture has a generator of its own, as when diffusers is given a list of them: the picture's first numbers are its
 * start, and stochastic samplers go on drawing from the same stream. Variations turn everything that is drawn (slerp),
 * with noise of their own seeds' generators: with the start alone turned, an ancestral sampler draws nearly the same
 * picture again, since the noise of its steps decides more than where it began.
 */
export function createNoiseStreams(
  settings: Pick<Settings, 'seed' | 'count' | 'variations'>,
  createNoise: CreateNoise = createTorchNoise,
): NoiseStream[] {
  const pictures = Array.from({ length: settings.count }, (_, index) =>
    toSinglePicture(settings, index),
  );
  return pictures.map(({ seed, variations = [] }) =>
    variations.reduce(
      (from, turn) => turnStream(from, createNoise(turn.seed), turn.strength),
      createNoise(seed),
    ),
  );
}

function turnStream(from: NoiseStream, to: NoiseStream, strength: number): NoiseStream {
  return {
    draw: (length, interval) =>
      slerp(from.draw(length, interval), to.draw(length, interval), strength),
  };
}

function createTorchNoise(seed: number): NoiseStream {
  const random = createTorchRandom(seed);
  let path: { length: number; brownian: BrownianPath } | undefined;
  return {
    draw(length, interval) {
      if (interval === undefined) return random.normal(length);
      if (path?.length !== length) path = { length, brownian: createBrownianPath(seed, length) };
      return path.brownian.noise(interval);
    },
  };
}

/** Pictures' arrays of one length, one after the other. */
export function joinPictures(parts: readonly Float32Array[]): Float32Array {
  const [first = new Float32Array(0)] = parts;
  const joined = new Float32Array(first.length * parts.length);
  for (const [index, part] of parts.entries()) joined.set(part, index * first.length);
  return joined;
}

/**
 * diffusers' pipelines once more, straight down and with nothing of the product but the loaded graphs: for families of which
 * there is no reference. DDIM without noise of its own, so that what is compared is the order of work around it.
 */
import { joinBatch } from '../../gpu-function/pipeline/join-tensors.ts';
import type { Conditioning, ImageModel, Tensor } from '../../gpu-function/pipeline/ports.ts';

const TRAINED_STEPS = 1000;
/** A picture's pixels or a mask, row by row. */
type Plane = ArrayLike<number>;

export interface BareRun {
  model: ImageModel;
  steps: number;
  guidanceScale: number;
  /** How much of the way is run. */
  strength: number;
  /** The network's answer is a velocity. */
  predictsVelocity: boolean;
  positive: Conditioning;
  /** None where there is no guidance. */
  negative: Conditioning | undefined;
  /** [1, 3, height, width] in -1..1. */
  picture: Tensor | undefined;
  /** 1 where it is drawn, a value a pixel. */
  mask: Plane | undefined;
  /** Standard normal, each of the latents' shape. */
  noise: { start: Tensor; posterior: Tensor; maskedPosterior: Tensor };
}

export interface BareResult {
  timesteps: number[];
  /** After each step. */
  latents: Float32Array[];
  decoded: Tensor;
  firstSample: Float32Array;
  firstOutput: Float32Array;
}

const ALPHAS = createAlphas();

export async function runBarePipeline(run: BareRun): Promise<BareResult> {
  const { model, steps, noise, mask } = run;
  const skipped = steps - Math.min(Math.trunc(steps * run.strength), steps);
  const ratio = Math.floor(TRAINED_STEPS / steps);
  const timesteps = Array.from({ length: steps }, (_, at) => (steps - 1 - at) * ratio + 1).slice(
    skipped,
  );
  const clean = run.picture && (await encode(run, run.picture, noise.posterior));
  const isNew = clean === undefined || (mask !== undefined && run.strength === 1);
  let x = isNew ? noise.start.data.slice() : mix(clean, noise.start.data, timesteps[0] ?? 0);
  const cellMask = mask && shrink(mask, run.picture?.shape ?? [], model.vaeFactor);
  const extra = model.isInpainting ? await toExtra(run, cellMask ?? []) : undefined;
  const latents: Float32Array[] = [];
  let first: { sample: Float32Array; output: Float32Array } | undefined;
  for (const [index, timestep] of timesteps.entries()) {
    const { guided, sample, output } = await predict(run, { x, timestep, extra });
    first ??= { sample, output };
    const [now, before] = [alphaAt(timestep), alphaAt(timestep - ratio)];
    x = x.map((value, at) => {
      const answer = guided[at] ?? 0;
      const [a, s] = [Math.sqrt(now), Math.sqrt(1 - now)];
      const x0 = run.predictsVelocity ? a * value - s * answer : (value - s * answer) / a;
      const epsilon = run.predictsVelocity ? a * answer + s * value : answer;
      return Math.sqrt(before) * x0 + Math.sqrt(1 - before) * epsilon;
    });
    if (cellMask !== undefined && clean !== undefined && !model.isInpainting) {
      const next = timesteps[index + 1];
      const kept = next === undefined ? clean : mix(clean, noise.start.data, next);
      x = x.map((value, at) =>
        (cellMask[at % cellMask.length] ?? 0) === 1 ? value : (kept[at] ?? 0),
      );
    }
    latents.push(x);
  }
  const decoded = await model.decode({
    data: x.map((value) => value / model.scalingFactor),
    shape: noise.start.shape,
  });
  return {
    timesteps,
    latents,
    decoded,
    firstSample: first?.sample ?? x,
    firstOutput: first?.output ?? x,
  };
}

async function predict(
  run: BareRun,
  { x, timestep, extra }: { x: Float32Array; timestep: number; extra: Tensor | undefined },
) {
  const { model, negative, positive, guidanceScale, noise } = run;
  const sample = { data: x, shape: noise.start.shape };
  const ask = async (conditioning: Conditioning) =>
    (await model.predict({ sample, timestep, conditioning, extraChannels: extra })).data;
  const own = extra === undefined ? [...x] : [...x, ...extra.data];
  const answer = await ask(positive);
  if (negative === undefined) {
    return { guided: answer, sample: Float32Array.from(own), output: answer };
  }
  const from = await ask(negative);
  return {
    guided: answer.map((value, at) => (from[at] ?? 0) + guidanceScale * (value - (from[at] ?? 0))),
    sample: Float32Array.from([...own, ...own]),
    output: Float32Array.from([...from, ...answer]),
  };
}

async function encode({ model }: BareRun, picture: Tensor, noise: Tensor): Promise<Float32Array> {
  const encoding = await model.encode(picture);
  if (encoding.kind === 'sampled') throw new Error('this export draws its own noise');
  const { mean, logVariance } = encoding;
  return mean.data.map((value, at) => {
    const deviation = Math.exp(Math.min(20, Math.max(-30, logVariance.data[at] ?? 0)) / 2);
    return (value + deviation * (noise.data[at] ?? 0)) * model.scalingFactor;
  });
}

/** The mask, then the picture with the masked part made grey. */
async function toExtra(run: BareRun, cellMask: Plane): Promise<Tensor> {
  const { picture, mask, noise } = run;
  if (picture === undefined || mask === undefined) throw new Error('there is nothing to fill in');
  const hidden = picture.data.map((value, at) => (mask[at % mask.length] === 1 ? 0 : value));
  const latents = await encode(run, { ...picture, data: hidden }, noise.maskedPosterior);
  const [, channels = 0, height = 0, width = 0] = noise.start.shape;
  const plane = { data: Float32Array.from(cellMask), shape: [1, height, width] };
  const { data } = joinBatch([plane, { data: latents, shape: [channels, height, width] }]);
  return { data, shape: [1, channels + 1, height, width] };
}

/** The first pixel of each cell. */
function shrink(mask: Plane, shape: readonly number[], factor: number): Float32Array {
  const [, , heightPx = 0, widthPx = 0] = shape;
  const width = widthPx / factor;
  return Float32Array.from({ length: (heightPx / factor) * width }, (_, cell) => {
    const [x, y] = [(cell % width) * factor, Math.floor(cell / width) * factor];
    return mask[y * widthPx + x] ?? 0;
  });
}

function mix(clean: Float32Array, noise: Float32Array, timestep: number): Float32Array {
  const alpha = alphaAt(timestep);
  return clean.map(
    (value, at) => Math.sqrt(alpha) * value + Math.sqrt(1 - alpha) * (noise[at] ?? 0),
  );
}

/** Before the first trained step it is as at the first, `set_alpha_to_one` being false. */
const alphaAt = (timestep: number): number => ALPHAS[Math.max(0, timestep)] ?? Number.NaN;

/** scaled_linear from 0.00085 to 0.012. */
function createAlphas(): number[] {
  let product = 1;
  return Array.from({ length: TRAINED_STEPS }, (_, at) => {
    const [from, to] = [Math.sqrt(0.00085), Math.sqrt(0.012)];
    product *= 1 - (from + ((to - from) * at) / (TRAINED_STEPS - 1)) ** 2;
    return product;
  });
}

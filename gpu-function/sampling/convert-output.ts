/** From what the network says to the clean picture or to the noise, whatever it was trained to predict. */
import { combine } from './combine.ts';
import { networkInputScale, type NoiseLevel } from './noise-level.ts';
import type { ResolvedScheduler, StepCall } from './sampler.ts';
import type { SchedulerKeys } from './scheduler-config.ts';

/**
 * With scaled sample z = a·clean + s·noise, a² + s² = 1: epsilon says the noise, v_prediction a·noise - s·clean
 * (https://arxiv.org/abs/2202.00512), sample the clean picture, flow_prediction noise - clean.
 */
type Prediction = SchedulerKeys['prediction_type'];

/** result = sample · `sample` + output · `output`, for an unscaled sample. */
interface Weights {
  sample: number;
  output: number;
}

/** Infinite for epsilon at alpha = 0: noise says nothing about a picture that is not there. */
function cleanWeights(prediction: Prediction, level: NoiseLevel): Weights {
  const scale = networkInputScale(level);
  switch (prediction) {
    case 'epsilon':
      return { sample: 1 / level.alpha, output: -level.sigma / level.alpha };
    case 'v_prediction':
      return { sample: level.alpha * scale * scale, output: -level.sigma * scale };
    case 'sample':
      return { sample: 0, output: 1 };
    case 'flow_prediction':
      return { sample: 1, output: -level.sigma };
  }
}

function noiseWeights(prediction: Prediction, level: NoiseLevel): Weights {
  const scale = networkInputScale(level);
  switch (prediction) {
    case 'epsilon':
      return { sample: 0, output: 1 };
    case 'v_prediction':
      return { sample: level.sigma * scale * scale, output: level.alpha * scale };
    case 'sample':
      return { sample: 1 / level.sigma, output: -level.alpha / level.sigma };
    case 'flow_prediction':
      return { sample: 1, output: level.alpha };
  }
}

type Answer = Pick<StepCall, 'output' | 'sample'>;

export function toClean(
  prediction: Prediction,
  level: NoiseLevel,
  { output, sample }: Answer,
): Float32Array {
  const weights = cleanWeights(prediction, level);
  return combine([weights.sample, sample], [weights.output, output]);
}

export function toNoise(
  prediction: Prediction,
  level: NoiseLevel,
  { output, sample }: Answer,
): Float32Array {
  const weights = noiseWeights(prediction, level);
  return combine([weights.sample, sample], [weights.output, output]);
}

/** The noise that is in a sample when its clean part is known. */
export function noiseBeside(
  clean: Float32Array,
  sample: Float32Array,
  { alpha, sigma }: NoiseLevel,
): Float32Array {
  return combine([1 / sigma, sample], [-alpha / sigma, clean]);
}

type ThresholdKeys = Pick<
  ResolvedScheduler,
  'thresholding' | 'dynamic_thresholding_ratio' | 'sample_max_value'
>;
type ClipKeys = ThresholdKeys & Pick<ResolvedScheduler, 'clip_sample' | 'clip_sample_range'>;

/** Keeps the clean picture in range, in place, as the package asks: thresholds that follow the picture, or fixed ones. */
export function limitClean(clean: Float32Array, config: ClipKeys, pictures: number): Float32Array {
  if (config.thresholding) return thresholdClean(clean, config, pictures);
  if (config.clip_sample) clip(clean, config.clip_sample_range);
  return clean;
}

/**
 * Dynamic thresholding, in place, where it is switched on: each picture is clipped at a quantile of its own values,
 * at least 1, and divided by it. https://arxiv.org/abs/2205.11487 section 2.3
 */
export function thresholdClean(
  clean: Float32Array,
  config: ThresholdKeys,
  pictures: number,
): Float32Array {
  if (!config.thresholding) return clean;
  const length = clean.length / pictures;
  for (let start = 0; start < clean.length; start += length) {
    const picture = clean.subarray(start, start + length);
    const quantile = magnitudeQuantile(picture, config.dynamic_thresholding_ratio);
    const limit = Math.min(Math.max(quantile, 1), config.sample_max_value);
    clip(picture, limit);
    for (let i = 0; i < picture.length; i++) picture[i] = (picture[i] ?? 0) / limit;
  }
  return clean;
}

/** Between the two nearest of the sorted magnitudes. */
function magnitudeQuantile(values: Float32Array, ratio: number): number {
  const sorted = values.map(Math.abs).sort();
  const rank = Math.fround(ratio * (sorted.length - 1));
  const low = sorted[Math.floor(rank)] ?? 0;
  const high = sorted[Math.ceil(rank)] ?? low;
  return low + (high - low) * (rank - Math.floor(rank));
}

function clip(values: Float32Array, range: number): void {
  for (let i = 0; i < values.length; i++) {
    values[i] = Math.min(Math.max(values[i] ?? 0, -range), range);
  }
}

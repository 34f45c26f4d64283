/** What a VAE encoder returns as latents: a normal distribution for every value, to be sampled. */

const LOG_VARIANCE_MIN = -30;
const LOG_VARIANCE_MAX = 20;

/**
 * mean + standard deviation · noise.
 * @param parameters [batch, 2 · channels, height, width]: of each picture first the means, then the log variances
 * @param noise [batch, channels, height, width]; zeros give the mode
 */
export function sampleVaePosterior(
  parameters: Float32Array,
  noise: Float32Array,
  batch: number,
): Float32Array {
  const itemLength = noise.length / batch;
  return noise.map((value, index) => {
    const meanIndex = index + Math.floor(index / itemLength) * itemLength;
    const logVariance = parameters[meanIndex + itemLength] ?? 0;
    const clamped = Math.min(Math.max(logVariance, LOG_VARIANCE_MIN), LOG_VARIANCE_MAX);
    return (parameters[meanIndex] ?? 0) + Math.exp(clamped / 2) * value;
  });
}

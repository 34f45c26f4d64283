/** The guidance scale as a vector, for networks that were distilled with it as an input. */

const FREQUENCY_MAX = 10_000;
const SCALE = 1_000;

/**
 * Sines, then cosines, of (scale - 1) · 1000 at frequencies that fall from 1 to 1/10000.
 * Luo et al. 2023 (Latent Consistency Models), after Meng et al. 2022; the last value is 0 where `width` is odd.
 */
export function toGuidanceEmbedding(guidanceScale: number, width: number): Float32Array {
  const half = Math.floor(width / 2);
  const step = Math.fround(Math.fround(Math.log(FREQUENCY_MAX)) / (half - 1));
  const angle = Math.fround(Math.fround(guidanceScale - 1) * SCALE);
  const embedding = new Float32Array(width);
  for (let index = 0; index < half; index++) {
    // Rounded as the reference rounds them: at 7,000 radians a last bit of the angle shows.
    const frequency = Math.fround(Math.exp(Math.fround(index * -step)));
    const radians = Math.fround(angle * frequency);
    embedding[index] = Math.sin(radians);
    embedding[half + index] = Math.cos(radians);
  }
  return embedding;
}

/** Turning one noise towards another, for pictures that resemble each other. */

/** Nearly parallel vectors have no stable arc between them. */
const PARALLEL_COSINE = 0.9995;

/**
 * Spherical interpolation: the result keeps the length of noise, which a straight mix would lose.
 * @param fraction 0 = `from`, 1 = `to`
 */
export function slerp(from: Float32Array, to: Float32Array, fraction: number): Float32Array {
  const cosine = dot(from, to) / Math.sqrt(dot(from, from) * dot(to, to));
  const [fromWeight, toWeight] = weights(cosine, fraction);
  return from.map((value, index) => fromWeight * value + toWeight * (to[index] ?? 0));
}

function weights(cosine: number, fraction: number): [number, number] {
  // Written so that the NaN of a zero vector takes the straight way too.
  if (!(Math.abs(cosine) < PARALLEL_COSINE)) return [1 - fraction, fraction];
  const angle = Math.acos(cosine);
  return [
    Math.sin((1 - fraction) * angle) / Math.sin(angle),
    Math.sin(fraction * angle) / Math.sin(angle),
  ];
}

function dot(first: Float32Array, second: Float32Array): number {
  return first.reduce((sum, value, index) => sum + value * (second[index] ?? 0), 0);
}
